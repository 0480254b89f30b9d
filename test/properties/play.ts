import {
  CallNotPermittedException,
  CallTimeoutException,
  Custom,
  Tripper,
  type BreakerOptions,
  type Permit,
  type TripContext,
} from 'nestjs-fluxgate';
import { ManualClock, RecordingListener, seededRandom } from 'nestjs-fluxgate/testing';

import { deferred, settled, type Deferred } from '../support/async.js';
import type { Action, CallOutcome } from './actions.js';
import { check, checkSignals, type Seen } from './check.js';
import { openDoor, type Door, type DoorName } from './doors.js';
import { Model, type ModelCall, type ModelOutcome, type Setup } from './model.js';
import { permitOf, retryOf, tripperOf, windowOf } from './rules.js';

/** A thrown thing that says what the tracker is to make of it. */
class Thrown {
  constructor(readonly outcome: CallOutcome) {}
}

/** A tripper that can be broken while it runs. */
class Breakable extends Tripper {
  isBroken = false;
  override readonly slowThresholdsMs: readonly number[];
  override readonly evidence: number;

  constructor(private readonly inner: Tripper) {
    super();
    this.slowThresholdsMs = inner.slowThresholdsMs;
    this.evidence = inner.evidence;
  }

  isTripped(context: TripContext): boolean {
    if (this.isBroken) throw new Error('the tripper is broken');
    return this.inner.isTripped(context);
  }

  override reach(...args: Parameters<Tripper['reach']>): ReturnType<Tripper['reach']> {
    return this.inner.reach(...args);
  }
}

interface Pending {
  readonly call: ModelCall;
  readonly end: Deferred<unknown>;
  readonly result: Promise<unknown>;
}

/** One sequence, played on the breaker and on the model at once. */
export class Play {
  private readonly clock = new ManualClock();
  readonly signals = new RecordingListener();
  private readonly tripper: Breakable;
  private readonly pending: Pending[] = [];
  private isPermitBroken = false;
  private draws = { real: 0, model: 0 };
  readonly model: Model;
  private door!: Door;

  constructor(
    private readonly setup: Setup,
    private readonly doorName: DoorName,
    private readonly seed: number,
  ) {
    this.tripper = new Breakable(tripperOf(setup.rule));
    // The model draws from a twin of the breaker's chance: the same numbers, if in the same order.
    this.model = new Model(setup, this.chance('model'), this.clock.now());
  }

  /** Plays all actions and checks after each; gives what was told, for comparison. */
  async play(actions: readonly Action[]): Promise<readonly unknown[]> {
    const given = { clock: this.clock, random: this.chance('real'), options: this.options() };
    this.door = await openDoor(this.doorName, given);
    try {
      this.door.breaker.subscribe(this.signals);
      for (const action of actions) {
        await this.step(action);
        check(this.seen());
      }
      checkSignals(this);
    } finally {
      await this.door.close();
    }
    return this.signals.signals.map((signal) => JSON.stringify(signal));
  }

  private chance(side: 'real' | 'model'): () => number {
    const random = seededRandom(this.seed);
    return () => {
      this.draws[side]++;
      return random();
    };
  }

  private options(): BreakerOptions {
    const { setup } = this;
    const inner = permitOf(setup.permit);
    const permit: Pick<Permit, 'isPermitted'> = {
      isPermitted: (context) => {
        if (this.isPermitBroken) throw new Error('the permit is broken');
        return inner.isPermitted(context);
      },
    };
    return {
      window: windowOf(setup.window),
      tripper: this.tripper,
      retry: retryOf(setup.retry),
      permit,
      tracker: Custom((error) => {
        const { outcome } = error as Thrown;
        if (outcome === 'tracker throws') throw new Error('the tracker is broken');
        return outcome === 'failure' || error instanceof CallTimeoutException;
      }),
      trackResult: (value) => (value as { isBad?: boolean }).isBad === true,
      maxHalfOpenCalls: setup.maxHalfOpenCalls,
      ...(setup.maxHalfOpenMs === Infinity ? {} : { maxHalfOpenMs: setup.maxHalfOpenMs }),
      ...(setup.timeoutMs === undefined ? {} : { timeoutMs: setup.timeoutMs }),
      untracked: setup.untracked,
      listeners: nuisances(),
    };
  }

  private seen(): Seen {
    const { door, model, signals, draws } = this;
    return { snapshot: door.breaker.snapshot(), model, signals, draws };
  }

  private async step(action: Action): Promise<void> {
    const { breaker } = this.door;
    switch (action.do) {
      case 'call':
        return this.call(action.outcome, action.tookMs, action.isSync);
      case 'nested':
        return this.nested(action.outer, action.inner);
      case 'start':
        return this.start();
      case 'settle':
        return this.settle(action.which, action.outcome);
      case 'ticket':
        return this.ticket(action.how);
      case 'abort':
        return this.abort();
      case 'advance':
        return this.advance(action.ms);
      case 'to the deadline':
        return this.toDeadline(action.offsetMs);
      case 'step the wall clock':
        return this.clock.stepWallClock(action.ms);
      case 'break a part':
        return this.breakPart(action.part, action.isBroken);
      case 'command': {
        const { command, forMs } = action;
        const to = (
          {
            reset: 'closed',
            disable: 'disabled',
            metricsOnly: 'metrics_only',
            forceOpen: 'forced_open',
          } as const
        )[command];
        const moved = command === 'forceOpen' ? breaker.forceOpen({ forMs }) : breaker[command]();
        same(moved, this.model.command(to, forMs), `${command} says whether it moved`);
      }
    }
  }

  private get hasTimer(): boolean {
    return this.setup.timeoutMs !== undefined;
  }

  private async call(outcome: CallOutcome, tookMs: number, isSync: boolean): Promise<void> {
    const end = endOf(outcome);
    const admitted = this.admit();
    let ranTask = false;
    const result = this.door.run(() => {
      ranTask = true;
      this.advance(tookMs);
      return isSync ? end.now() : end.later();
    });
    await this.expectResult(result, admitted, end);
    same(ranTask, typeof admitted !== 'string', 'a task runs when, and only when, it is admitted');
    if (typeof admitted !== 'string') this.model.settle(admitted, this.counted(outcome));
    await settled();
  }

  /** A call of the breaker inside a call of the same breaker. */
  private async nested(outer: CallOutcome, inner: CallOutcome): Promise<void> {
    const [outerEnd, innerEnd] = [endOf(outer), endOf(inner)];
    const admitted = this.admit();
    await this.expectResult(
      this.door.run(async () => {
        const within = this.admit();
        await this.expectResult(
          this.door.run(() => innerEnd.now()),
          within,
          innerEnd,
        );
        if (typeof within !== 'string') this.model.settle(within, this.counted(inner));
        return outerEnd.now();
      }),
      admitted,
      outerEnd,
    );
    if (typeof admitted !== 'string') this.model.settle(admitted, this.counted(outer));
    await settled();
  }

  private async start(): Promise<void> {
    const end = deferred();
    const admitted = this.admit();
    const result = this.door.run(() => end.promise);
    if (typeof admitted === 'string') return this.expectResult(result, admitted, endOf('success'));
    result.catch(() => undefined);
    this.pending.push({ call: admitted, end, result });
    await settled();
  }

  private async settle(which: number, outcome: CallOutcome): Promise<void> {
    if (this.pending.length === 0) return;
    const [{ call, end, result }] = this.pending.splice(which % this.pending.length, 1) as [Pending];
    const wasCut =
      call.isOver && call.hasTimer && this.clock.now() >= call.admittedAtMs + this.setup.timeoutMs!;
    const ending = endOf(outcome);
    end.resolve(ending.later());
    if (wasCut)
      same(
        (await caught(result)) instanceof CallTimeoutException,
        true,
        'a call past its timeout rejects so',
      );
    else await this.expectResult(result, call, ending);
    this.model.settle(call, this.counted(outcome));
    await settled();
  }

  private ticket(how: Extract<Action, { do: 'ticket' }>['how']): void {
    const { breaker } = this.door;
    const admitted = this.model.admit(false);
    if (typeof admitted === 'string') {
      same(reasonOf(thrownBy(() => breaker.acquire())), admitted, 'acquire refuses for the same reason');
      return;
    }
    const ticket = breaker.acquire();
    if (how === 'leave') return;
    const outcome: ModelOutcome =
      how === 'succeed' || how === 'twice' ? 'success' : how === 'fail' ? 'failure' : 'ignored';
    const recordedBefore = this.model.counts.success + this.model.counts.failure;
    this.model.settle(admitted, outcome);
    const isRecorded = this.model.counts.success + this.model.counts.failure > recordedBefore;
    const answer =
      outcome === 'success'
        ? ticket.succeed({})
        : outcome === 'failure'
          ? ticket.fail(new Thrown('failure'))
          : ticket.release();
    same(answer, isRecorded, 'a ticket says whether its outcome was recorded');
    if (how === 'twice') same(ticket.fail(new Thrown('failure')), false, 'a ticket is settled once');
  }

  private async abort(): Promise<void> {
    const controller = new AbortController();
    const admitted = this.admit();
    const result = this.door.breaker.execute(() => new Promise(() => undefined), {
      signal: controller.signal,
    });
    if (typeof admitted === 'string') return this.expectResult(result, admitted, endOf('success'));
    const reason = { reason: 'enough' };
    controller.abort(reason);
    same(await caught(result), reason, 'an aborted call rejects with the reason');
    this.model.settle(admitted, 'ignored');
    await settled();
  }

  private admit(): ReturnType<Model['admit']> {
    return this.model.admit(this.hasTimer);
  }

  /** Time passes on both sides; timers fire in their order. */
  private advance(ms: number): void {
    const endMs = this.clock.now() + ms;
    this.clock.advance(ms);
    const due = ({ call }: Pending): number => call.admittedAtMs + this.setup.timeoutMs!;
    const timed = this.pending.filter((one) => one.call.hasTimer && !one.call.isOver && due(one) <= endMs);
    for (const one of timed.sort((a, b) => due(a) - due(b))) {
      this.model.elapse(due(one));
      this.model.settle(one.call, 'failure');
    }
    this.model.elapse(this.clock.now());
  }

  private toDeadline(offsetMs: number): void {
    const { model } = this;
    const leaseMs = this.setup.timeoutMs ?? 60_000;
    const deadlineMs = Math.min(model.endsAtMs, ...model.probes.map((probe) => probe.admittedAtMs + leaseMs));
    const ms = deadlineMs + offsetMs - this.clock.now();
    if (Number.isFinite(ms) && ms >= 0) this.advance(ms);
  }

  private breakPart(part: 'tripper' | 'permit', isBroken: boolean): void {
    if (part === 'tripper') this.model.tripperFails = this.tripper.isBroken = isBroken;
    else this.model.permitFails = this.isPermitBroken = isBroken;
  }

  private counted(outcome: CallOutcome): ModelOutcome {
    if (outcome === 'success') return 'success';
    return outcome === 'ignored' ? this.setup.untracked : 'failure';
  }

  /** The caller gets the very value, the very error, or the refusal. */
  private async expectResult(
    result: Promise<unknown>,
    admitted: ModelCall | string,
    end: End,
  ): Promise<void> {
    if (typeof admitted === 'string')
      same(reasonOf(await caught(result)), admitted, 'refused for the same reason');
    else if (end.isError) same(await caught(result), end.what, 'the caller gets the very error');
    else same(await result, end.what, 'the caller gets the very value');
  }
}

interface End {
  readonly isError: boolean;
  readonly what: object;
  now(): unknown;
  later(): Promise<unknown>;
}

function endOf(outcome: CallOutcome): End {
  const isError = outcome !== 'success' && outcome !== 'bad value';
  const what = isError ? new Thrown(outcome) : { isBad: outcome === 'bad value' };
  const now = (): unknown => {
    if (isError) throw what;
    return what;
  };
  return { isError, what, now, later: async () => now() };
}

/** Listeners that throw, reject, hang and call back: no call may feel them. */
function nuisances(): NonNullable<BreakerOptions['listeners']> {
  return [
    {
      onTransition: () => {
        throw new Error('a listener throws');
      },
    },
    { onCall: () => Promise.reject(new Error('a listener rejects')) },
    { onRejected: () => new Promise(() => undefined) },
  ];
}

const reasonOf = (error: unknown): unknown =>
  error instanceof CallNotPermittedException ? error.reason : error;

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

function same(got: unknown, expected: unknown, rule: string): void {
  if (!Object.is(got, expected)) throw new Error(`${rule}: expected ${String(expected)}, got ${String(got)}`);
}
