import { isThenable } from '../base/promise.js';
import type { Breaker } from '../breaker.js';
import type { RegistryWatcher } from '../watcher.js';

/**
 * Who is told which breakers of a group come and go?
 *
 * They come and go inside of calls: watchers hear of it when it is over, in order, and what they throw is told and
 * felt by nobody.
 */
export class News {
  private readonly own = new Set<Required<RegistryWatcher>>();
  private readonly queue: { readonly method: keyof RegistryWatcher; readonly breaker: Breaker }[] = [];

  constructor(
    /** Those of the registry, as they are at the time. */
    private wider: Iterable<Required<RegistryWatcher>>,
    private readonly fault: (error: unknown) => void,
  ) {}

  add(method: keyof RegistryWatcher, breaker: Breaker): void {
    this.queue.push({ method, breaker });
  }

  tell(): void {
    for (let one = this.queue.shift(); one !== undefined; one = this.queue.shift()) {
      for (const watcher of [...this.wider, ...this.own]) {
        try {
          const answer: unknown = watcher[one.method](one.breaker);
          if (isThenable(answer)) Promise.resolve(answer).catch(this.fault);
        } catch (error) {
          this.fault(error);
        }
      }
    }
  }

  /** One subscription; a watcher that comes twice has two. */
  watch(watcher: RegistryWatcher, there: readonly Breaker[]): () => void {
    const seat: Required<RegistryWatcher> = {
      onAdded: (breaker) => watcher.onAdded?.(breaker),
      onRemoved: (breaker) => watcher.onRemoved?.(breaker),
    };
    there.forEach(seat.onAdded);
    this.own.add(seat);
    return () => {
      this.own.delete(seat);
    };
  }

  /** The registry has forgotten the group. */
  leave(): void {
    this.wider = [];
  }
}
