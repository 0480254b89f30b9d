import type { Clock } from '../base/clock.js';
import { FluxgateConfigError } from '../base/errors.js';
import { redactProblems } from '../base/error-text.js';
import { defaultClock } from '../base/following-clock.js';
import { ownCopy, printable } from '../base/text.js';
import { nameProblems } from '../base/validate.js';
import { Breaker } from '../breaker.js';
import type { BreakerEnvironment } from '../environment.js';
import { listenerProblems, type Listener } from '../listeners/index.js';
import type { FaultSignal } from '../model/signal.js';
import type { BreakerSnapshot, KeyedSnapshot } from '../model/snapshot.js';
import { Audience, Notifier } from '../notifier.js';
import { DEFAULT_WINDOW, type BreakerOptions, type Policy } from '../options.js';
import { changeOf } from '../reconfigure.js';
import type { Seat } from '../seat.js';
import type { RegistryWatcher } from '../watcher.js';
import { Entries } from './entries.js';
import { News } from './news.js';
import { Entry, standingSeat, type Holder } from './entry.js';
import { FullBreaker } from './full-breaker.js';
import {
  evidenceMsOf,
  keyProblem,
  readPage,
  resolveGroup,
  type KeyedBreakerOptions,
  type KeyedEnvironment,
  type Keys,
  type PageOptions,
} from './options.js';
import { statesOf } from './states.js';

/**
 * One policy, many circuits: a breaker per tenant, host or route, so that one that is ill opens no circuit but
 * its own.
 *
 * There are never more than `keys.max`. What is not used is dropped, but never a breaker that has a call in flight, is
 * under an operator's command, remembers calls that still count, or is open and its wait not over for `keys.idleMs`.
 * There is no timer.
 *
 * @throws FluxgateConfigError from the constructor, naming every option that is wrong.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { FailureStreak, KeyedBreakers } from 'nestjs-fluxgate';
 *
 * const gateway = new KeyedBreakers('gateway', { tripper: FailureStreak(1), keys: { max: 1000 } });
 * await gateway.for('a.example').execute(() => Promise.reject(new Error('down'))).catch(() => 0);
 * assert.equal(gateway.for('a.example').state, 'open');
 * assert.equal(gateway.for('b.example').state, 'closed');
 * ```
 */
export class KeyedBreakers implements Holder {
  /** Stands in for keys that are none: calls without a good key are judged together. Named as the group; never dropped. */
  readonly shared: Breaker;
  /** The rules of all its breakers. @internal */
  policy: Policy;
  /** Who speaks in errors. */
  private readonly where: string;
  private readonly limits: Keys;
  private readonly environment: BreakerEnvironment;
  private readonly audience: Audience;
  private readonly notifier: Notifier;
  private readonly clock: Clock;
  private readonly entries: Entries;
  /** For the calls of keys that found no place, which it does not judge. Made at the first of them. */
  private spare: Breaker | undefined;
  private overflowCount = 0;
  private badKeyCount = 0;
  private readonly news: News;

  readonly name: string;

  constructor(name: string, options: KeyedBreakerOptions, environment: KeyedEnvironment = {}) {
    const { clock = defaultClock(), random, redact, deadlines } = environment;
    const problems = [...nameProblems(name), ...redactProblems(redact)];
    if (problems.length > 0) throw new FluxgateConfigError('KeyedBreakers', problems);
    this.name = ownCopy(name);
    this.where = `KeyedBreakers "${this.name}"`;
    const { policy, keys } = resolveGroup(this.where, options, environment.defaults ?? {});
    this.clock = clock;
    this.news = new News(environment.watchers ?? [], (error) => this.fault('listener', error));
    this.limits = keys;
    // The policy's listeners hear the group; a breaker of it has only those that subscribe to it itself.
    this.policy = { ...policy, listeners: [] };
    this.audience = new Audience(policy.listeners, environment.audience);
    this.environment = { clock, random, redact, deadlines, audience: this.audience };
    this.notifier = new Notifier({ breaker: this.name, group: this.name }, this.audience, undefined, redact);
    this.entries = new Entries({ ...keys, evidenceMs: evidenceMsOf(policy, keys) }, this.news);
    this.shared = this.made(standingSeat(this.name, this.policy), this.name);
  }

  /**
   * The breaker of that key, made when it has none. Never throws, and costs the same however many there are.
   *
   * A key is a string of at most 256 characters. What is none goes through `shared`, and `onFault` is told. Ask
   * again for each call: one that you hold may be dropped meanwhile. It still works and judges; its next call
   * takes its place back, unless another breaker has it by then. For keys that find no place see `keys.whenFull`.
   */
  for(key: string): Breaker {
    return this.entries.get(key) ?? this.make(key);
  }

  /** How many keys have a breaker now. */
  get size(): number {
    return this.entries.size;
  }

  /** The keys, in the order in which they got their breakers; `next` is the `after` of the next page. */
  keys(page: PageOptions = {}): { readonly keys: string[]; readonly next: number | null } {
    const { entries, next } = this.entries.page(readPage(`${this.where}.keys`, page));
    return { keys: entries.map(({ origin }) => origin.key), next };
  }

  /** The snapshots of the breakers that keys have, in the same order. @throws FluxgateConfigError for a bad page. */
  snapshots(page: PageOptions = {}): { readonly snapshots: BreakerSnapshot[]; readonly next: number | null } {
    const { entries, next } = this.entries.page(readPage(`${this.where}.snapshots`, page));
    return { snapshots: entries.map(({ breaker }) => breaker.snapshot()), next };
  }

  /** The group in figures, as plain JSON. Asks every breaker for its state. */
  snapshot(): KeyedSnapshot {
    const { name, size, entries, overflowCount, badKeyCount } = this;
    const { createdCount, droppedCount } = entries;
    return {
      group: name,
      size,
      ...this.limits,
      states: statesOf(this.breakers()),
      createdCount,
      droppedCount,
      overflowCount,
      badKeyCount,
      rules: { ...this.policy.rules },
    };
  }

  toJSON(): KeyedSnapshot {
    return this.snapshot();
  }

  /** Every breaker there is now: the shared one, that of keys without a place if there was one, and those of the keys. */
  breakers(): Breaker[] {
    const standing = this.spare === undefined ? [this.shared] : [this.shared, this.spare];
    return [...standing, ...this.entries.values()];
  }

  /** `breaker.reconfigure` for every breaker of the group, those to come as well; `keys` stays. @throws FluxgateConfigError */
  reconfigure(options: BreakerOptions): boolean {
    const change = changeOf(`${this.where}.reconfigure`, options, this.policy);
    if (change === undefined) return false;
    this.policy = change.policy;
    this.entries.evidenceMs = evidenceMsOf(this.policy, this.limits);
    for (const breaker of this.breakers()) breaker.follow(change);
    return true;
  }

  /** Adds a listener to every breaker of the group, those to come as well. @returns takes it away again. @throws FluxgateConfigError */
  subscribe(listener: Listener): () => void {
    const problems = listenerProblems('listener', listener);
    if (problems.length > 0) throw new FluxgateConfigError(`${this.where}.subscribe`, problems);
    return this.audience.add(listener);
  }

  /** Tells of every breaker: those there are, at once, and those that come and go. What it throws later goes to `onFault`. @returns stops it. */
  watch(watcher: RegistryWatcher): () => void {
    return this.news.watch(watcher, this.breakers());
  }

  /** Its registry has forgotten it: whoever holds it can go on using it. @internal */
  leave(): void {
    this.news.leave();
  }

  /** The breaker of a call whose key has to be asked for. Never throws. @internal */
  ask(keyOf: () => unknown): Breaker {
    try {
      return this.for(keyOf() as string);
    } catch (error) {
      return this.refuseKey(error);
    }
  }

  /** @internal */
  used(entry: Entry, nowMs: number): void {
    if (!entry.isLost) this.entries.renew(entry, nowMs);
    // Dropped, and somebody held it: it takes its place back, if that is free.
    else if (this.entries.get(entry.origin.key) === undefined && this.entries.hasRoom(nowMs)) {
      this.entries.add(entry, nowMs);
      this.catchUp(entry.breaker);
    }
    this.news.tell();
  }

  /** The group may have been reconfigured while it was out. */
  private catchUp(breaker: Breaker): void {
    try {
      breaker.catchUp(this.policy);
    } catch (error) {
      this.fault('window', error); // It keeps the rules it has: no call feels it.
    }
  }

  private make(key: string): Breaker {
    const problem = keyProblem(key);
    if (problem !== undefined) {
      // Nobody will wait for it if it is a promise, so its rejection must not end the process.
      new Promise((settle) => settle(key)).catch(() => undefined);
      return this.refuseKey(new TypeError(`${this.name}: ${problem}`));
    }
    const nowMs = this.clock.now();
    const breaker = this.entries.hasRoom(nowMs) ? this.added(ownCopy(key), nowMs) : this.overflow();
    this.news.tell();
    return breaker;
  }

  private added(key: string, nowMs: number): Breaker {
    const entry = new Entry(this, key, nowMs);
    const name = `${this.name}[${printable(key)}]`;
    const faults: unknown[] = [];
    try {
      entry.breaker = this.made(entry, name);
    } catch (error) {
      // A window of the user's that makes no store any more: the default one stands in.
      faults.push(error);
      entry.policy = { ...this.policy, window: DEFAULT_WINDOW };
      entry.breaker = this.made(entry, name);
    }
    this.entries.add(entry, nowMs);
    for (const error of faults) this.fault('window', error);
    return entry.breaker;
  }

  private overflow(): Breaker {
    this.overflowCount++;
    if (this.spare === undefined) {
      const isReject = this.limits.whenFull === 'reject';
      const initialState = isReject ? 'closed' : 'disabled';
      const seat = standingSeat(this.name, { ...this.policy, initialState });
      this.spare = this.made(seat, this.name, isReject ? FullBreaker : Breaker);
      this.news.add('onAdded', this.spare);
    }
    return this.spare;
  }

  private made(seat: Seat, name: string, Kind = Breaker): Breaker {
    return new Kind(name, {}, { ...this.environment, seat });
  }

  private refuseKey(error: unknown): Breaker {
    this.badKeyCount++;
    this.fault('key', error);
    return this.shared;
  }

  private fault(source: FaultSignal['source'], error: unknown): void {
    this.notifier.tell('fault', () => ({ at: this.clock.wallNow(), source, error }));
    this.notifier.flush();
  }
}
