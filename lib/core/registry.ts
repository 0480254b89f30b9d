import { BreakerNotFoundError, FluxgateConfigError } from './base/errors.js';
import { unknownKeys } from './base/validate.js';
import { Breaker } from './breaker.js';
import type { BreakerEnvironment } from './controls.js';
import { listenerProblems, type Listener } from './listeners/index.js';
import { Audience } from './notifier.js';
import { readListeners, readPolicy, type BreakerOptions } from './options.js';

/** What all breakers of a registry have in common. */
export interface RegistryOptions extends Pick<BreakerEnvironment, 'clock' | 'random'> {
  /** What stands in for options that a breaker does not give. */
  readonly defaults?: BreakerOptions;
  /** Who hears of every breaker. */
  readonly listeners?: readonly Listener[];
}

/** Who wants to know which breakers come and go. */
export interface RegistryWatcher {
  /** Also called, at once, for every breaker that is there already. */
  onAdded?(breaker: Breaker): void;
  onRemoved?(breaker: Breaker): void;
}

/**
 * Which breakers are there? All breakers of one application, by name.
 *
 * Asking never creates one. Every method is synchronous.
 */
export class BreakerRegistry {
  private readonly breakers = new Map<string, Breaker>();
  private readonly audience = new Audience();
  private readonly watchers = new Set<RegistryWatcher>();
  private environment: BreakerEnvironment = { audience: this.audience };

  /** @throws FluxgateConfigError naming everything that is wrong with the options. */
  constructor(options: RegistryOptions = {}) {
    const problems = unknownKeys(options, ['defaults', 'listeners', 'clock', 'random'], 'options');
    if (problems.length > 0) throw new FluxgateConfigError('BreakerRegistry', problems);
    this.configure(options);
  }

  /** Sets what breakers made from now on have in common. @internal */
  configure({ defaults = {}, listeners, clock, random }: RegistryOptions): void {
    const { problems } = readPolicy(defaults, {}, 'defaults');
    const heard = readListeners(listeners, 'listeners', problems);
    if (problems.length > 0) throw new FluxgateConfigError('BreakerRegistry', problems);
    this.environment = { clock, random, defaults, audience: this.audience };
    for (const listener of heard) this.audience.add(listener);
  }

  /**
   * The breaker of that name.
   *
   * @throws BreakerNotFoundError with the nearest known name and the list.
   */
  get(name: string): Breaker {
    const breaker = this.breakers.get(name);
    if (breaker === undefined) throw new BreakerNotFoundError(name, this.names());
    return breaker;
  }

  /** The breaker of that name, or nothing. */
  find(name: string): Breaker | undefined {
    return this.breakers.get(name);
  }

  /** All of them, in the order of their creation. */
  list(): Breaker[] {
    return [...this.breakers.values()];
  }

  /** Their names, in the order of their creation. */
  names(): string[] {
    return [...this.breakers.keys()];
  }

  /**
   * Makes a breaker from its own options over the registry's defaults.
   *
   * @throws FluxgateConfigError when the name is taken or something is invalid; nothing is registered then.
   */
  create(name: string, options: BreakerOptions = {}): Breaker {
    if (this.breakers.has(name)) {
      throw new FluxgateConfigError('BreakerRegistry.create', [
        `a breaker called "${name}" is registered already. Get it with get("${name}"), or choose another name.`,
      ]);
    }
    const breaker = new Breaker(name, options, this.environment);
    this.breakers.set(name, breaker);
    for (const watcher of this.watchers) watcher.onAdded?.(breaker);
    return breaker;
  }

  /**
   * Forgets a breaker. Whoever still holds it can go on using it.
   *
   * @returns false when there was none of that name.
   */
  remove(name: string): boolean {
    const breaker = this.breakers.get(name);
    if (breaker === undefined) return false;
    this.breakers.delete(name);
    for (const watcher of this.watchers) watcher.onRemoved?.(breaker);
    return true;
  }

  /**
   * Tells of every breaker: those there are, at once, and those that come and go. For adapters that keep
   * something for each. What a watcher throws reaches whoever creates or removes a breaker.
   *
   * @returns stops it.
   */
  watch(watcher: RegistryWatcher): () => void {
    const seat: RegistryWatcher = {
      onAdded: (breaker) => watcher.onAdded?.(breaker),
      onRemoved: (breaker) => watcher.onRemoved?.(breaker),
    };
    for (const breaker of this.breakers.values()) seat.onAdded?.(breaker);
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
}
