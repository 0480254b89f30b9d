import { Deadlines } from './base/deadlines.js';
import { BreakerNotFoundError, FluxgateConfigError } from './base/errors.js';
import { defaultClock } from './base/following-clock.js';
import { unknownKeys } from './base/validate.js';
import { Breaker } from './breaker.js';
import type { BreakerEnvironment } from './environment.js';
import { hasKeys, KeyedBreakers, type KeyedBreakerOptions } from './keyed/index.js';
import { listenerProblems, type Listener } from './listeners/index.js';
import { Audience } from './notifier.js';
import { readListeners, readPolicy, type BreakerOptions } from './options.js';
import type { RegistryWatcher } from './watcher.js';

/** What all breakers of a registry have in common. */
export interface RegistryOptions extends Pick<BreakerEnvironment, 'clock' | 'random'> {
  /** What stands in for options that a breaker does not give. */
  readonly defaults?: BreakerOptions;
  /** Who hears of every breaker. */
  readonly listeners?: readonly Listener[];
}

/**
 * Which breakers are there? All breakers of one application, by name, and the groups that have one per key.
 *
 * Asking for a name never creates one. Every method is synchronous.
 */
export class BreakerRegistry {
  private readonly breakers = new Map<string, Breaker>();
  private readonly keyedGroups = new Map<string, KeyedBreakers>();
  private readonly audience = new Audience([]);
  private readonly deadlines = new Deadlines();
  private readonly watchers = new Set<Required<RegistryWatcher>>();
  private environment!: BreakerEnvironment;

  /** @throws FluxgateConfigError naming everything that is wrong with the options. */
  constructor(options: RegistryOptions = {}) {
    const problems = unknownKeys(options, ['defaults', 'listeners', 'clock', 'random'], 'options');
    if (problems.length > 0) throw new FluxgateConfigError('BreakerRegistry', problems);
    this.configure(options);
  }

  /** Sets what breakers made from now on have in common. @internal */
  configure({ defaults = {}, listeners, clock = defaultClock(), random }: RegistryOptions): void {
    const { problems } = readPolicy(defaults, {}, 'defaults');
    const heard = readListeners(listeners, 'listeners', problems);
    if (problems.length > 0) throw new FluxgateConfigError('BreakerRegistry', problems);
    const { audience, deadlines } = this;
    this.environment = { clock, random, defaults, audience, deadlines };
    for (const listener of heard) audience.add(listener);
  }

  /** Its app closes: from now on no timer of its breakers keeps the process alive; none is cancelled. @internal */
  release(): void {
    this.deadlines.release();
  }

  /**
   * The breaker of that name.
   *
   * @throws BreakerNotFoundError with the nearest known name and the list.
   * @throws FluxgateConfigError when there is one breaker per key: use `keyed(name)`.
   */
  get(name: string): Breaker {
    const breaker = this.breakers.get(name);
    if (breaker !== undefined) return breaker;
    if (this.keyedGroups.has(name)) {
      throw new FluxgateConfigError('BreakerRegistry.get', [
        `"${name}" has one breaker per key. Use keyed("${name}").for(key), or keyed("${name}") for all of them.`,
      ]);
    }
    throw this.notFound(name);
  }

  /**
   * The breakers of that name, one per key: `registry.keyed('gateway').for(host).execute(…)`.
   *
   * @throws BreakerNotFoundError with the nearest known name and the list.
   * @throws FluxgateConfigError when the breaker of that name has no keys: use `get(name)`.
   */
  keyed(name: string): KeyedBreakers {
    const group = this.keyedGroups.get(name);
    if (group !== undefined) return group;
    if (this.breakers.has(name)) {
      throw new FluxgateConfigError('BreakerRegistry.keyed', [
        `the breaker "${name}" has no keys. Use get("${name}"), or give it some: "${name}": { keys: {} }.`,
      ]);
    }
    throw this.notFound(name);
  }

  /** The breaker of that name, or nothing. */
  find(name: string): Breaker | undefined {
    return this.breakers.get(name);
  }

  /** The breakers of that name, one per key, or nothing. */
  findKeyed(name: string): KeyedBreakers | undefined {
    return this.keyedGroups.get(name);
  }

  /** All that have a name of their own, in the order of their creation; those made by key are not among them. */
  list(): Breaker[] {
    return [...this.breakers.values()];
  }

  /** Their names, in the order of their creation. */
  names(): string[] {
    return [...this.breakers.keys()];
  }

  /** Every group that has one breaker per key, in the order of their creation. */
  groups(): KeyedBreakers[] {
    return [...this.keyedGroups.values()];
  }

  /** Every breaker there is now, those made by key too: as many as `watch` tells of. */
  all(): Breaker[] {
    return [...this.list(), ...this.groups().flatMap((group) => group.breakers())];
  }

  /**
   * Makes a breaker from its own options over the registry's defaults.
   *
   * @throws FluxgateConfigError when the name is taken or something is invalid; nothing is registered then.
   */
  create(name: string, options: BreakerOptions = {}): Breaker {
    this.refuseTaken(name, 'create');
    if (hasKeys(options)) {
      throw new FluxgateConfigError('BreakerRegistry.create', [
        `"${name}" is to have one breaker per key. Use createKeyed("${name}", …), or leave out keys.`,
      ]);
    }
    const breaker = new Breaker(name, options, this.environment);
    this.breakers.set(name, breaker);
    this.tell('onAdded', [breaker]);
    return breaker;
  }

  /**
   * Makes a group that has one breaker per key, all from the same options over the registry's defaults.
   *
   * @throws FluxgateConfigError when the name is taken or something is invalid; nothing is registered then.
   */
  createKeyed(name: string, options: KeyedBreakerOptions): KeyedBreakers {
    this.refuseTaken(name, 'createKeyed');
    const group = new KeyedBreakers(name, options, { ...this.environment, watchers: this.watchers });
    this.keyedGroups.set(name, group);
    this.tell('onAdded', [group.shared]);
    return group;
  }

  /**
   * Changes options of a breaker while it runs, or of a group and every breaker of it: see `breaker.reconfigure`.
   *
   * @returns false when no option is named.
   * @throws BreakerNotFoundError; FluxgateConfigError naming everything that is wrong, and nothing has changed then.
   */
  reconfigure(name: string, options: BreakerOptions): boolean {
    return (this.findKeyed(name) ?? this.get(name)).reconfigure(options);
  }

  /**
   * Forgets a breaker, or a group of them. Whoever still holds it can go on using it.
   *
   * @returns false when there was none of that name.
   */
  remove(name: string): boolean {
    const breaker = this.breakers.get(name);
    const group = this.keyedGroups.get(name);
    if (breaker === undefined && group === undefined) return false;
    this.breakers.delete(name);
    this.keyedGroups.delete(name);
    group?.leave();
    this.tell('onRemoved', group?.breakers() ?? [breaker!]);
    return true;
  }

  /**
   * Tells of every breaker: those there are, at once, and those that come and go. For adapters that keep
   * something for each. What a watcher throws reaches whoever creates or removes a breaker, when all
   * others have heard of it; for one that a call makes by its key, `onFault`.
   *
   * @returns stops it.
   */
  watch(watcher: RegistryWatcher): () => void {
    const seat: Required<RegistryWatcher> = {
      onAdded: (breaker) => watcher.onAdded?.(breaker),
      onRemoved: (breaker) => watcher.onRemoved?.(breaker),
    };
    for (const breaker of this.all()) seat.onAdded(breaker);
    this.watchers.add(seat);
    return () => {
      this.watchers.delete(seat);
    };
  }

  /**
   * Adds a listener to every breaker, those to come as well.
   *
   * @returns takes it away again.
   * @throws FluxgateConfigError when it is no listener.
   */
  subscribe(listener: Listener): () => void {
    const problems = listenerProblems('listener', listener);
    if (problems.length > 0) throw new FluxgateConfigError('BreakerRegistry.subscribe', problems);
    return this.audience.add(listener);
  }

  /** Every watcher hears of every one, whatever the others throw. @throws the first of it. */
  private tell(method: keyof RegistryWatcher, breakers: readonly Breaker[]): void {
    const thrown: unknown[] = [];
    for (const breaker of breakers) {
      for (const watcher of this.watchers) {
        try {
          watcher[method](breaker);
        } catch (error) {
          thrown.push(error);
        }
      }
    }
    if (thrown.length > 0) throw thrown[0];
  }

  private refuseTaken(name: string, method: 'create' | 'createKeyed'): void {
    const isGroup = this.keyedGroups.has(name);
    if (!isGroup && !this.breakers.has(name)) return;
    throw new FluxgateConfigError(`BreakerRegistry.${method}`, [
      `a breaker called "${name}" is registered already. Get it with ${isGroup ? 'keyed' : 'get'}("${name}"), or choose another name.`,
    ]);
  }

  private notFound(name: string): BreakerNotFoundError {
    return new BreakerNotFoundError(name, [...this.names(), ...this.keyedGroups.keys()]);
  }
}
