import { CallTimeoutException } from 'nestjs-fluxgate';
import { ManualClock, RecordingListener, seededRandom } from 'nestjs-fluxgate/testing';

import { deferred, settled } from '../support/async.js';
import type { Action, CallOutcome } from './actions.js';
import { check, checkSignals, type Seen } from './check.js';
import { openDoor, type Door, type DoorName } from './doors.js';
import { caught, ended, endingOf, holds, refusalOf, same, Thrown, thrownBy, type Ending } from './endings.js';
import { begin, GIVING_UP, givesValue } from './giving-up.js';
import { Model, type ModelCall, type ModelOutcome, type Refusal, type Setup } from './model.js';
import { Parts } from './parts.js';
import { Reactor, textOf } from './reactions.js';

/** A call that was let in and is not ended yet. */
interface Outstanding {
  readonly call: ModelCall;
  /** Ends it on the real side, and sees what its caller gets; tells the model how it ended. */
  end(outcome: CallOutcome): Promise<ModelOutcome>;
}

const TO = {
  reset: 'closed',
  disable: 'disabled',
  metricsOnly: 'metrics_only',
  forceOpen: 'forced_open',
} as const;

/** One sequence, played on the breaker and on the model at once. */
export class Play {
  readonly signals = new RecordingListener();
  readonly model: Model;
  readonly parts: Parts;
  /** How often the story got to where it is interesting. */
  readonly reached = { stale: 0, reactions: 0, timeouts: 0, givenUp: 0 };
  private readonly clock = new ManualClock();
  private readonly reactor: Reactor;
  private readonly outstanding: Outstanding[] = [];
  private readonly draws = { real: 0, model: 0 };
  private door!: Door;
  private lastWait: { generation: number; retryAfterMs: number } | undefined;

  constructor(
    private readonly setup: Setup,
    private readonly doorName: DoorName,
    private readonly seed: number,
  ) {
    this.parts = new Parts(setup, () => this.reactor.hear('permit', this.door.breaker));
    // The model draws from a twin of the breaker's chance: the same numbers, if in the same order.
    this.model = new Model(setup, this.chance('model'), this.clock.now());
    this.reactor = new Reactor(this.model);
  }

  /** Plays all actions and checks after each; gives what was told, for comparison. */
  async play(actions: readonly Action[]): Promise<readonly unknown[]> {
    const given = { clock: this.clock, random: this.chance('real'), options: this.parts.options() };
    this.door = await openDoor(this.doorName, given);
    try {
      this.door.breaker.subscribe(this.reactor.listener(this.door.breaker));
      this.door.breaker.subscribe(this.signals);
      for (const action of actions) {
        await this.step(action);
        this.checkAll();
      }
      await settled();
      checkSignals(this);
    } finally {
      await this.door.close();
    }
    this.reached.reactions = this.reactor.fired;
    return this.signals.signals.map((signal) => JSON.stringify(signal));
  }

  private chance(side: 'real' | 'model'): () => number {
    const random = seededRandom(this.seed);
    return () => {
      this.draws[side]++;
      return random();
    };
  }

  private checkAll(): void {
    this.touch();
    const left = this.reactor.compare();
    if (left !== undefined) this.outstanding.push(this.ticketOf(left.call, left.ticket));
    const seen = this.seen();
    check(seen);
    this.checkWait(seen);
  }

  /** Both sides tell what time has done. */
  private touch(): void {
    void this.door.breaker.state;
    this.model.flush();
  }

  private seen(): Seen {
    const { door, model, signals, draws } = this;
    return { snapshot: door.breaker.snapshot(), model, signals, draws };
  }

  /** While a state lasts, its wait never rises. */
  private checkWait({ snapshot: { retryAfterMs } }: Seen): void {
    const { generation } = this.model;
    const { lastWait } = this;
    const isFine =
      lastWait?.generation !== generation || retryAfterMs === null || retryAfterMs <= lastWait.retryAfterMs;
    holds(isFine, 'retryAfterMs never rises');
    this.lastWait = retryAfterMs === null ? undefined : { generation, retryAfterMs };
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
      case 'start, to be given up':
        return this.startToGiveUp(action.how);
      case 'settle':
        return this.settle(action.which, action.outcome);
      case 'ticket':
        return this.ticket(action.how);
      case 'advance':
        return this.advance(action.ms);
      case 'to the deadline':
        return this.advanceTo(this.deadlineMs() + action.offsetMs);
      case 'to the window edge':
        return this.advanceTo(this.model.windowEdgeMs() + action.offsetMs);
      case 'step the wall clock':
        return this.clock.stepWallClock(action.ms);
      case 'stop twice': {
        const stop = { do: 'command', command: 'forceOpen', forMs: 1000 } as const;
        await this.step(stop);
        await this.step({ do: 'to the deadline', offsetMs: action.offsetMs });
        return this.step(stop);
      }
      case 'break a part':
        return this.breakPart(action.part, action.isBroken);
      case 'arm a listener':
        return this.reactor.arm(action.on, action.reaction);
      case 'command': {
        const { command, forMs } = action;
        const moved = command === 'forceOpen' ? breaker.forceOpen({ forMs }) : breaker[command]();
        same(moved, this.model.command(TO[command], forMs), `${command} says whether it moved`);
      }
    }
  }

  // ── calls ──

  private async call(outcome: CallOutcome, tookMs: number, isSync: boolean): Promise<void> {
    const ending = endingOf(outcome);
    const admitted = this.admit();
    let ranTask = false;
    const result = this.door.run(() => {
      ranTask = true;
      this.advance(tookMs);
      return isSync ? ending.now() : ending.later();
    });
    await this.expectResult(result, admitted, ending);
    same(ranTask, !('refused' in admitted), 'a task runs when, and only when, it is admitted');
    if (!('refused' in admitted)) this.model.settle(admitted, this.counted(outcome));
    await settled();
  }

  /** A call of the breaker inside a call of the same breaker. */
  private async nested(outer: CallOutcome, inner: CallOutcome): Promise<void> {
    const [outerEnd, innerEnd] = [endingOf(outer), endingOf(inner)];
    const admitted = this.admit();
    const result = this.door.run(async () => {
      const goesWith = !('refused' in admitted) && this.model.goesWith(admitted);
      const within = goesWith ? admitted : this.admit();
      if (goesWith) this.model.flush();
      await this.expectResult(
        this.door.run(() => innerEnd.now()),
        within,
        innerEnd,
      );
      if (!goesWith && !('refused' in within)) this.model.settle(within, this.counted(inner));
      return outerEnd.now();
    });
    await this.expectResult(result, admitted, outerEnd);
    if (!('refused' in admitted)) this.model.settle(admitted, this.counted(outer));
    await settled();
  }

  private async start(): Promise<void> {
    const end = deferred();
    const admitted = this.admit();
    const result = this.door.run(() => end.promise);
    if ('refused' in admitted) return this.expectResult(result, admitted, endingOf('success'));
    result.catch(() => undefined);
    this.outstanding.push({
      call: admitted,
      end: async (outcome) => {
        const wasCut = this.wasCut(admitted);
        const ending = endingOf(outcome);
        end.resolve(ending.later());
        if (wasCut) await this.expectTimeout(result);
        else await this.expectResult(result, admitted, ending);
        return this.counted(outcome);
      },
    });
    await settled();
  }

  /** A call that hangs until its caller leaves: by its signal, by unsubscribing, by `break`. */
  private async startToGiveUp(how: Extract<Action, { do: 'start, to be given up' }>['how']): Promise<void> {
    const hasTimer = this.setup.timeoutMs !== undefined && !givesValue(how);
    const admitted = this.model.admit(hasTimer, givesValue(how));
    const { result, giveUp, reason } = begin(this.door.breaker, how);
    if ('refused' in admitted) return this.expectResult(result, admitted, endingOf('success'));
    result.catch(() => undefined);
    this.outstanding.push({
      call: admitted,
      end: async () => {
        const wasCut = this.wasCut(admitted);
        if (wasCut)
          await settled(); // its error is on the way
        else this.reached.givenUp++;
        giveUp();
        if (wasCut) await this.expectTimeout(result);
        else same(await caught(result), reason, 'who gives up gets the reason');
        return GIVING_UP[how];
      },
    });
    await settled();
  }

  private async ticket(how: Extract<Action, { do: 'ticket' }>['how']): Promise<void> {
    const { breaker } = this.door;
    const admitted = this.model.admit(false);
    if ('refused' in admitted) {
      same(
        refusalOf(thrownBy(() => breaker.acquire())),
        textOf(admitted),
        'acquire refuses for the same reason',
      );
      return;
    }
    const outstanding = this.ticketOf(admitted, breaker.acquire());
    if (how === 'leave') this.outstanding.push(outstanding);
    else await this.end(outstanding, how);
  }

  private ticketOf(call: ModelCall, ticket: ReturnType<Door['breaker']['acquire']>): Outstanding {
    const end = (outcome: CallOutcome): ModelOutcome => {
      const { model } = this;
      // A ticket that is over answers before any tracker is asked; one that is not, is judged like any call.
      const isLeft = outcome === 'ignored' || outcome === 'untracked';
      const counted = isLeft ? 'ignored' : outcome === 'success' ? 'success' : 'failure';
      const isCurrent = !call.isOver && call.generation === model.generation && model.state !== 'disabled';
      const answer =
        counted === 'success'
          ? ticket.succeed({})
          : counted === 'failure'
            ? ticket.fail(new Thrown('failure'))
            : ticket.release();
      same(answer, isCurrent && counted !== 'ignored', 'a ticket says whether its outcome was recorded');
      same(ticket.fail(new Thrown('failure')), false, 'a ticket is settled once');
      same(ticket.succeed(), false, 'a ticket is settled once');
      same(ticket.release(), false, 'a ticket is settled once');
      return counted;
    };
    return { call, end: async (outcome) => end(outcome) };
  }

  private async settle(which: number, outcome: CallOutcome): Promise<void> {
    const { outstanding } = this;
    if (outstanding.length === 0) return;
    await this.end(outstanding.splice(which % outstanding.length, 1)[0]!, outcome);
    await settled();
  }

  private async end(one: Outstanding, outcome: CallOutcome): Promise<void> {
    const { model, reactor } = this;
    const isStale = one.call.isOver || one.call.generation !== model.generation;
    const isQuiet = isStale && !reactor.isArmed;
    const before = isQuiet ? this.rememberedText() : '';
    model.settle(one.call, await one.end(outcome));
    if (isStale) this.reached.stale++;
    if (isQuiet) same(this.rememberedText(), before, 'an outcome of an older generation changes nothing');
  }

  /** Everything that a late outcome must leave alone. */
  private rememberedText(): string {
    const { calls: _, ...rest } = this.door.breaker.snapshot();
    return `${JSON.stringify(rest)} ${this.signals.of('transition').length}`;
  }

  private admit(): ModelCall | Refusal {
    return this.model.admit(this.setup.timeoutMs !== undefined);
  }

  private counted(outcome: CallOutcome): ModelOutcome {
    if (outcome === 'success' || outcome === 'ignored') return outcome;
    // One that is tracked stays so where `ignore` throws.
    return outcome === 'untracked' ? this.setup.untracked : 'failure';
  }

  // ── time ──

  /** Time passes on both sides; timers fire in their order. */
  private advance(ms: number): void {
    const startMs = this.clock.now();
    this.clock.advance(ms);
    const due = (one: Outstanding): number => this.timeoutAtMs(one.call);
    const timed = this.outstanding.filter((one) => due(one) > startMs && due(one) <= this.clock.now());
    for (const one of timed.sort((a, b) => due(a) - due(b))) {
      this.model.elapse(due(one));
      this.model.settle(one.call, 'failure');
    }
    this.model.elapse(this.clock.now());
  }

  private advanceTo(atMs: number): void {
    const ms = atMs - this.clock.now();
    if (Number.isFinite(ms) && ms >= 0) this.advance(ms);
  }

  /** The next instant at which something is over by itself. */
  private deadlineMs(): number {
    const timeouts = this.outstanding.map(({ call }) => this.timeoutAtMs(call));
    return Math.min(this.model.deadlineMs(), ...timeouts.filter((atMs) => atMs > this.clock.now()));
  }

  private timeoutAtMs({ hasTimer, admittedAtMs }: ModelCall): number {
    return hasTimer ? admittedAtMs + this.setup.timeoutMs! : Infinity;
  }

  private wasCut(call: ModelCall): boolean {
    return this.clock.now() >= this.timeoutAtMs(call);
  }

  private breakPart(part: 'tripper' | 'permit', isBroken: boolean): void {
    if (part === 'tripper') this.model.tripperFails = this.parts.tripper.isBroken = isBroken;
    else this.model.permitFails = this.parts.isPermitBroken = isBroken;
  }

  // ── what the caller gets ──

  /** The very value, the very error, or the refusal with its wait. */
  private async expectResult(
    result: Promise<unknown>,
    admitted: ModelCall | Refusal,
    ending: Ending,
  ): Promise<void> {
    if ('refused' in admitted)
      same(refusalOf(await caught(result)), textOf(admitted), 'refused for the same reason');
    else if (ending.isError) same(await caught(result), ending.what, 'the caller gets the very error');
    else same(await ended(result), ending.what, 'the caller gets the very value');
  }

  private async expectTimeout(result: Promise<unknown>): Promise<void> {
    this.reached.timeouts++;
    same((await caught(result)) instanceof CallTimeoutException, true, 'a call past its timeout rejects so');
  }
}
