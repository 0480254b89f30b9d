import { whenAborted } from './base/abort.js';
import type { Clock, Timer } from './base/clock.js';
import type { Deadlines } from './base/deadlines.js';
import { freeInMs, placesIn, type Circuit } from './states.js';

/**
 * How long whoever comes to wait after a "no" of the permit waits at least, and how long a place is kept free for
 * somebody who was told of it.
 */
export const PAUSE_MS = 100;

/** What waiting needs of a breaker. */
export interface Waitable {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** What there is now, after time has done what it does. */
  room(): Room;
}

/** Which calls would be let in, as far as time and places go. */
export interface Room {
  readonly nowMs: number;
  readonly circuit: Circuit;
  /** So many, now. */
  readonly places: number;
  /** Until there is one; `null` when time alone will not do. */
  readonly freeInMs: number | null;
  /** From when on somebody who comes now is told, while this state lasts. */
  readonly readyAtMs: number;
}

/** Of a state at `nowMs`. Whoever comes when the permit has just refused a call is not told at once. */
export function roomIn(circuit: Circuit, maxHalfOpenCalls: number, nowMs: number): Room {
  return {
    nowMs,
    circuit,
    places: placesIn(circuit, maxHalfOpenCalls, nowMs),
    freeInMs: freeInMs(circuit, maxHalfOpenCalls, nowMs),
    readyAtMs: circuit.state === 'half_open' ? Math.max(nowMs, circuit.refusedAtMs + PAUSE_MS) : nowMs,
  };
}

const probesIn = (circuit: Circuit): number => (circuit.state === 'half_open' ? circuit.probes.length : 0);

/** Somebody who waits, and what they found. */
interface Waiter extends Pick<Room, 'circuit' | 'readyAtMs'> {
  readonly go: () => void;
}

const isReady = ({ circuit, readyAtMs }: Waiter, now: Room): boolean =>
  circuit !== now.circuit || readyAtMs <= now.nowMs;

/**
 * Who waits for a free circuit? In the order in which they came; as many are told as there are places.
 *
 * They hold no place, and need not call at all. So a place is kept for one who was told until somebody calls, but no
 * longer than a moment; then the next one is told.
 */
export class Waiters {
  private readonly line = new Set<Waiter>();
  /** How many were told and have not called yet. */
  private invited = 0;
  private invitedAtMs = -Infinity;
  private seen: Circuit | undefined;
  /** How many probes were in flight when those who wait last heard of something. */
  private probes = 0;
  private timer: Timer | undefined;
  private isLooking = false;
  private isStale = false;

  constructor(private readonly breaker: Waitable) {}

  get isEmpty(): boolean {
    return this.line.size === 0;
  }

  /** Resolves when the circuit would let a call in; rejects with the signal's reason when it is aborted. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const { circuit, readyAtMs } = this.breaker.room();
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const waiter: Waiter = { circuit, readyAtMs, go: () => (letGo?.(), resolve()) };
      const letGo =
        signal &&
        whenAborted(signal, () => {
          this.line.delete(waiter);
          if (this.isEmpty) this.timer?.cancel();
          reject(signal.reason as Error);
        });
      this.line.add(waiter);
      this.look();
    });
  }

  /** Something happened. Rejections are hot in an outage, and so is waiting: only what can end a wait is looked at. */
  hear(circuit: Circuit): void {
    if (this.isEmpty) return;
    const { probes } = this;
    this.probes = probesIn(circuit);
    if (this.seen !== circuit || this.probes < probes) this.look();
  }

  /** Somebody called: perhaps one who was told. */
  came(): void {
    if (this.invited > 0) this.invited--;
  }

  /** Tells whoever has a place now, and comes back when time gives the next one. */
  look(): void {
    this.isStale = true;
    if (this.isLooking) return; // It is looked at anew below.
    this.isLooking = true;
    while (this.isStale) {
      this.isStale = false;
      // Asking may tell a listener, and what that does may move the circuit.
      const room = this.breaker.room();
      if (!this.isStale) this.serve(room);
    }
    this.isLooking = false;
  }

  private serve(room: Room): void {
    const { nowMs, places, circuit } = room;
    const isNew = this.seen !== circuit && circuit.state !== 'half_open';
    if (isNew || nowMs >= this.invitedAtMs + PAUSE_MS) this.invited = 0;
    this.seen = circuit;
    this.probes = probesIn(circuit);
    for (const waiter of this.line) {
      if (this.invited >= places || !isReady(waiter, room)) break;
      this.line.delete(waiter);
      this.invited++;
      this.invitedAtMs = nowMs;
      waiter.go();
    }
    this.wakeAt(room);
  }

  private wakeAt(room: Room): void {
    const { nowMs, places, freeInMs } = room;
    this.timer?.cancel();
    this.timer = undefined;
    const [first] = this.line;
    if (first === undefined) return;
    const keptMs = this.invited >= places ? this.invitedAtMs + PAUSE_MS - nowMs : 0;
    const pausedMs = isReady(first, room) ? 0 : first.readyAtMs - nowMs;
    const inMs = places > 0 ? Math.max(keptMs, pausedMs) : freeInMs;
    if (inMs === null) return;
    const { clock, deadlines } = this.breaker;
    // One that fires a little early is simply set again.
    this.timer = deadlines.set(clock, () => this.look(), Math.ceil(inMs));
  }
}
