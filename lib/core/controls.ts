import { FluxgateConfigError } from './base/errors.js';
import { DURATION_MS, mustBe, numberProblems, unknownKeys } from './base/validate.js';
import type { ForceOpenOptions } from './environment.js';
import type { WarmSnapshot } from './model/snapshot.js';
import type { BreakerState } from './model/state.js';
import type { BreakerOptions, Policy } from './options.js';
import { Readings } from './readings.js';
import { changeOf, fits, type Change } from './reconfigure.js';
import { pastOf } from './restore.js';
import { isOver } from './states.js';

/** What an operator commands. */
export abstract class Controls extends Readings {
  /** Makes what is worked out of the policy. */
  protected abstract equip(): void;

  /**
   * Closes the circuit and forgets everything. Outcomes of calls still running are dropped.
   *
   * @returns false when it was closed already: then nothing is touched.
   */
  reset(): boolean {
    return this.command('closed', (nowMs) => this.mover.toClosed('operator', nowMs));
  }

  /** Lets all calls straight through and records nothing, until another command. */
  disable(): boolean {
    return this.command('disabled', (nowMs) => this.mover.toDisabled(nowMs));
  }

  /** Records and judges but never rejects, until another command: a trial run. See `onWouldTrip`. */
  metricsOnly(): boolean {
    return this.command('metrics_only', (nowMs) => this.mover.toMetricsOnly(nowMs));
  }

  /**
   * Rejects every call, until another command or for `forMs`.
   *
   * @returns false when it was forced open already; `reset()` first to change the reason or the time. Where `forMs`
   * is over, it is forced open anew, though no call has come since.
   * @throws FluxgateConfigError when `forMs` is not a number of ms above 0, or `reason` not a string.
   */
  forceOpen(options: ForceOpenOptions = {}): boolean {
    const problems = unknownKeys(options, ['reason', 'forMs'], 'options');
    const { reason, forMs } = Object(options) as ForceOpenOptions;
    if (forMs !== undefined) problems.push(...numberProblems('forMs', forMs, DURATION_MS));
    if (reason !== undefined && typeof reason !== 'string') {
      problems.push(mustBe('reason', 'a string', reason));
    }
    if (problems.length > 0) {
      throw new FluxgateConfigError(`Breaker "${this.name}".forceOpen`, problems);
    }
    return this.command('forced_open', (nowMs) => this.mover.toForcedOpen(nowMs, forMs ?? Infinity, reason));
  }

  /**
   * Changes options while it runs: those that are named. The state stays, and the window where it still fits (the
   * same window, as text, and the same slow thresholds); else it starts empty. What was decided on entering the
   * state stays too, such as the wait. Listeners hear `onReconfigured`.
   *
   * @returns false when no option is named.
   * @throws FluxgateConfigError naming everything that is wrong; nothing has changed then.
   */
  reconfigure(options: BreakerOptions): boolean {
    const change = changeOf(`Breaker "${this.name}".reconfigure`, options, this.policy);
    if (change === undefined) return false;
    this.follow(change);
    return true;
  }

  /** Takes the rules of its group, if they are others than it has: it was out when they changed. @internal */
  catchUp(policy: Policy): void {
    if (policy !== this.policy) this.follow({ policy, changed: [] });
  }

  /** Takes rules that were checked: its own, or those of its group. @internal */
  follow({ policy, changed }: Change): void {
    const isWindowKept = fits(this.policy, policy);
    this.elapse(this.clock.now());
    this.mover.adopt(policy, isWindowKept);
    this.timeoutMs = policy.timeoutMs;
    this.idleTimeoutMs = policy.idleTimeoutMs;
    this.streamLeaseMs = policy.streamLeaseMs;
    this.equip();
    if (changed.length > 0) {
      const rules = { ...policy.rules };
      this.notifier.tell('reconfigured', () => ({ at: this.clock.wallNow(), changed, isWindowKept, rules }));
    }
    this.notify();
    this.waiting?.look(); // There may be more slots now.
  }

  /**
   * Goes on where another breaker of this name stopped: its state, the rest of its wait, its window where that fits.
   * Calls that are running are dropped; the counters stay this one's.
   *
   * @param snapshot what `snapshot({ window: true })` gave, from `JSON.parse`.
   * @throws FluxgateConfigError for anything else, another version, another name, an instant in the future; nothing
   * has changed then.
   */
  restore(snapshot: WarmSnapshot): void {
    const nowMs = this.begin();
    const moment = { nowMs, wallNow: this.clock.wallNow() };
    const where = `Breaker "${this.name}".restore`;
    this.mover.goOnFrom(pastOf(where, this.name, snapshot, this.policy, moment), nowMs);
    this.notify();
  }

  /** A command to the state the circuit is in does nothing, and tells nobody; unless that state is over by time. */
  private command(to: BreakerState, move: (nowMs: number) => void): boolean {
    const nowMs = this.begin();
    const { circuit } = this.mover;
    const mayMove = circuit.state !== to || isOver(circuit, nowMs);
    if (mayMove) move(nowMs);
    this.notify();
    return mayMove;
  }
}
