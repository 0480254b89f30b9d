import { RedactFault, showError, type Redact } from './base/error-text.js';
import { isThenable } from './base/promise.js';
import { warnOnce } from './base/warn.js';
import { outsideOfProbes } from './doors/probe.js';
import { era } from './era.js';
import { METHODS, type Listener } from './listeners/index.js';
import type { FaultSignal, Signal, SignalOrigin } from './model/signal.js';

export type SignalKind = Signal['kind'];

/** One subscription; a listener that subscribes twice has two. */
interface Seat {
  readonly listener: Listener;
}

/** The listeners of one breaker, or those that all breakers of a registry share. */
export class Audience {
  /** Replaced, never changed: a delivery under way keeps its list. */
  private own!: readonly Seat[];
  private readonly hearing = {} as Record<SignalKind, boolean>;
  /** A copy of `hearing.call`: it is asked for each call that is timed. */
  private areCallsHeard!: boolean;

  /** @param wider those of another audience hear it too, after these. */
  constructor(
    listeners: readonly Listener[],
    private readonly wider?: Audience,
  ) {
    this.seat(listeners.map((listener) => ({ listener })));
  }

  /** @returns takes the listener away again; calling it twice does nothing. */
  add(listener: Listener): () => void {
    const seat: Seat = { listener };
    this.sit([...this.own, seat]);
    return () => this.sit(this.own.filter((other) => other !== seat));
  }

  get seats(): readonly Seat[] {
    return this.wider === undefined ? this.own : [...this.own, ...this.wider.seats];
  }

  hears(kind: SignalKind): boolean {
    return this.hearing[kind] || this.wider?.hears(kind) === true;
  }

  get hearsCalls(): boolean {
    return this.areCallsHeard || (this.wider !== undefined && this.wider.hearsCalls);
  }

  private sit(seats: readonly Seat[]): void {
    const wereCallsHeard = this.areCallsHeard;
    this.seat(seats);
    if (this.areCallsHeard !== wereCallsHeard) era.current++;
  }

  private seat(seats: readonly Seat[]): void {
    this.own = seats;
    for (const kind of Object.keys(METHODS) as SignalKind[]) {
      this.hearing[kind] = seats.some(({ listener }) => listener[METHODS[kind]] !== undefined);
    }
    this.areCallsHeard = this.hearing.call;
  }
}

/** What the breaker says of a signal; the notifier adds the rest. */
export type Telling<S extends Signal = Signal> = S extends Signal
  ? Omit<S, 'kind' | keyof SignalOrigin | 'seq'>
  : never;

/**
 * notify: who wants to know?
 *
 * `tell` only queues; `flush`, the last step of every walk, delivers. So a listener sees the final
 * state, and what a listener causes by calling the breaker comes after the signal at hand.
 */
export class Notifier {
  private readonly queue: Signal[] = [];
  readonly seqs = { transition: 0, fallback: 0, wouldTrip: 0, reconfigured: 0, fault: 0 };
  private isDelivering = false;

  constructor(
    readonly origin: SignalOrigin,
    private readonly own: Audience,
    private readonly shared: Audience | undefined,
    /** What hides secrets in what is shown of errors. */
    readonly redact?: Redact,
  ) {}

  /** Does anybody listen for calls? */
  get hearsCalls(): boolean {
    return this.own.hearsCalls || (this.shared !== undefined && this.shared.hearsCalls);
  }

  /** Does anybody listen for that? */
  hears(kind: SignalKind): boolean {
    return this.own.hears(kind) || this.shared?.hears(kind) === true;
  }

  /** Counts a signal; what it says is only put together when somebody listens. */
  tell<K extends keyof Notifier['seqs']>(
    kind: K,
    telling: () => Telling<Extract<Signal, { kind: K }>>,
  ): void {
    const seq = ++this.seqs[kind];
    if (!this.hears(kind)) return;
    this.send({ kind, ...this.origin, seq, ...telling() } as unknown as Signal);
  }

  /** Takes a signal that was made because somebody listens for it; calls and rejections are counted by others. */
  send(signal: Signal): void {
    this.queue.push(Object.freeze(signal));
  }

  /** Delivers what is queued, in order. Never throws. */
  flush(): void {
    if (this.isDelivering || this.queue.length === 0) return;
    this.isDelivering = true;
    outsideOfProbes(() => this.deliverAll());
    this.isDelivering = false;
  }

  private deliverAll(): void {
    for (let signal = this.queue.shift(); signal !== undefined; signal = this.queue.shift()) {
      for (const { listener } of this.own.seats) this.deliver(listener, signal);
      for (const { listener } of this.shared?.seats ?? []) this.deliver(listener, signal);
    }
  }

  private deliver(listener: Listener, signal: Signal): void {
    try {
      const hear = listener[METHODS[signal.kind]] as ((signal: Signal) => unknown) | undefined;
      const answer = hear?.call(listener, signal);
      if (isThenable(answer)) {
        // Adopted first: what is no real promise may answer twice, or at once.
        Promise.resolve(answer).catch((error: unknown) => this.listenerFault(error, signal));
      }
    } catch (error) {
      this.listenerFault(error, signal);
    }
  }

  private listenerFault(error: unknown, signal: Signal): void {
    // A listener of faults that is itself at fault is not told of it again.
    if (signal.kind === 'fault') {
      const { breaker } = this.origin;
      const text = showError(error, this.redact);
      warnOnce('FLUXGATE_LISTENER_FAULT', breaker, `a fault listener failed: ${text}`);
      return;
    }
    const fault: Pick<FaultSignal, 'source' | 'error'> =
      error instanceof RedactFault ? { source: 'redact', error: error.fault } : { source: 'listener', error };
    this.tell('fault', () => ({ at: signal.at, ...fault }) satisfies Telling<FaultSignal>);
    this.flush();
  }
}
