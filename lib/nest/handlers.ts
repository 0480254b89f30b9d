import { FluxgateConfigError, type Breaker } from '../core/index.js';
import { groupSharing } from './adapter.js';
import type { AppBreakers } from './app-breakers.js';
import { EVERY_BREAKER } from './decorators/on-breaker.js';
import type { HostModule } from './features.js';
import { handlingsOf, listenerFor, type Handling } from './handling.js';
import { classOf } from './member.js';
import { classNameOf } from './tokens.js';

type Wrapper = HostModule['providers'] extends Map<unknown, infer W> ? W : never;

/** One method of one instance. */
interface Handler {
  readonly instance: object;
  readonly handling: Handling;
}

/**
 * Which methods want to know of a breaker? Finds those of `@OnBreaker` when the whole app is made, and holds
 * them to their breakers until it ends.
 */
export class BreakerHandlers {
  private readonly stops: (() => void)[] = [];
  /** Of breakers that may be removed, and come again under their name. */
  private readonly held = new Map<Breaker, (() => void)[]>();

  constructor(private readonly breakers: AppBreakers) {}

  /** @throws FluxgateConfigError with everything that is wrong: unknown names, and providers without an instance. */
  begin(): void {
    const problems = new Set<string>();
    const handlers: Handler[] = [];
    const met = new Set<object>();
    for (const wrapper of this.wrappers()) {
      const handlings = handlingsBehind(wrapper);
      for (const handling of handlings)
        for (const text of this.problemsOf(handling, wrapper)) problems.add(text);
      const instance = wrapper.instance as object;
      // What has no single instance is a problem already; what has two tokens is one object all the same.
      if (met.has(instance)) continue;
      met.add(instance);
      handlers.push(...handlings.map((handling) => ({ instance, handling })));
    }
    for (const text of this.placed()) problems.add(text);
    if (problems.size > 0) throw new FluxgateConfigError('FluxgateModule', [...problems]);
    this.subscribe(handlers);
  }

  end(): void {
    for (const stop of this.stops.splice(0)) stop();
    for (const stops of this.held.values()) for (const stop of stops) stop();
    this.held.clear();
  }

  private subscribe(handlers: readonly Handler[]): void {
    const named = new Map<string, Handler[]>();
    for (const handler of handlers) {
      const { breaker } = handler.handling;
      if (breaker === EVERY_BREAKER) {
        this.stops.push(this.breakers.registry.subscribe(listenerFor(handler.instance, handler.handling)));
      } else {
        named.set(breaker, [...(named.get(breaker) ?? []), handler]);
      }
    }
    const unwatch = this.breakers.registry.watch({
      onAdded: (breaker) => {
        const wanting = named.get(breaker.name);
        if (wanting === undefined) return;
        // A group, one breaker per key, comes as its shared breaker, and is heard as a whole.
        const told = groupSharing(breaker, this.breakers.registry) ?? breaker;
        this.held.set(
          breaker,
          wanting.map(({ instance, handling }) => told.subscribe(listenerFor(instance, handling))),
        );
      },
      onRemoved: (breaker) => {
        for (const stop of this.held.get(breaker) ?? []) stop();
        this.held.delete(breaker);
      },
    });
    this.stops.push(unwatch);
  }

  private problemsOf({ where, breaker }: Handling, wrapper: Wrapper): string[] {
    const asker = `@OnBreaker on ${where}`;
    const problems: string[] = [];
    if (breaker !== EVERY_BREAKER && this.breakers.findOrMake(breaker, false) === undefined) {
      problems.push(this.breakers.notFound(breaker, asker).message);
    }
    const kind = wrapper.isTransient ? 'transient' : 'request-scoped';
    if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
      const name = classNameOf(wrapper.metatype);
      problems.push(
        `${asker}: ${name} is ${kind}, so there is no one instance to call. Put it on a singleton provider.`,
      );
    }
    return problems;
  }

  /** Guards, pipes, interceptors and filters that are named in a decorator: Nest makes one for each place. */
  private placed(): string[] {
    const types = new Set(this.wrappers().map(({ instance }) => classOf(instance)));
    const placed = [...this.breakers.modules.values()]
      .flatMap(({ injectables }) => [...injectables.values()])
      .filter(({ instance }) => !types.has(classOf(instance)));
    return placed.flatMap((wrapper) =>
      handlingsBehind(wrapper).map(
        ({ where }) =>
          `@OnBreaker on ${where}: ${classNameOf(wrapper.metatype)} is no provider of a module, so it may be made more than once. Put it on a provider.`,
      ),
    );
  }

  private wrappers(): Wrapper[] {
    return [...this.breakers.modules.values()].flatMap(({ providers, controllers }) => [
      ...providers.values(),
      ...controllers.values(),
    ]);
  }
}

function handlingsBehind({ instance }: Wrapper): Handling[] {
  const type = classOf(instance);
  return type === undefined ? [] : handlingsOf(type);
}
