import type {
  DynamicModule,
  FactoryProvider,
  ModuleMetadata,
  OnApplicationShutdown,
  Provider,
  Type,
} from '@nestjs/common';

import {
  BreakerRegistry,
  FluxgateConfigError,
  mustBe,
  nameProblems,
  takenData,
  takenList,
  takenRecord,
  unknownKeys,
  type Breaker,
  type KeyedBreakers,
} from '../core/index.js';

/** What an adapter's module says where there is nothing to adapt. */
export const NO_BREAKERS =
  'there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.';

/** What is bound to an app's breakers when it starts. */
interface Adapter<Options> {
  /** The adapter's module, whose name stands in errors. */
  readonly module: Type;
  /** The names of the options. */
  readonly names?: readonly string[];
  readonly problems: (options: Options) => string[];
  /** @returns what ends it, called when the app is closed. */
  readonly bind: (where: string, breakers: BreakerRegistry, options: Options) => Promise<() => void>;
}

/** Options that have to be awaited or injected. */
interface AwaitedOptions<Options> extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...args: never[]) => Options | Promise<Options>;
}

/** Holds an app's breakers to the adapter, until the app is closed. */
class Binding implements OnApplicationShutdown {
  constructor(readonly onApplicationShutdown: () => void) {}
}

const OPTIONS = Symbol('FluxgateAdapterOptions');

/** `forRoot` of an adapter's module. @throws FluxgateConfigError with everything that is wrong. */
export function adapterForRoot<Options>(adapter: Adapter<Options>, given: Options): DynamicModule {
  const where = `${adapter.module.name}.forRoot`;
  const options = takenRecord(given, takenData, adapter.names);
  const problems = adapter.problems(options);
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  return boundModule(adapter, where, { provide: OPTIONS, useValue: options });
}

/** `forRootAsync` of an adapter's module. @throws FluxgateConfigError with everything that is wrong. */
export function adapterForRootAsync<Options>(
  adapter: Adapter<Options>,
  options: AwaitedOptions<Options>,
): DynamicModule {
  const where = `${adapter.module.name}.forRootAsync`;
  const { imports, ...factory } = awaitedOptions(where, options);
  return { ...boundModule(adapter, where, { provide: OPTIONS, ...factory }), imports };
}

/** What `forRootAsync` was given, checked. @throws FluxgateConfigError with everything that is wrong. */
export function awaitedOptions<Options>(
  where: string,
  options: AwaitedOptions<Options>,
): Pick<ModuleMetadata, 'imports'> & Pick<FactoryProvider<Options>, 'inject' | 'useFactory'> {
  const problems = unknownKeys(options, ['imports', 'inject', 'useFactory'], 'options');
  const { imports, inject = [], useFactory } = Object(options) as AwaitedOptions<Options>;
  const taken = { imports: takenList(imports), inject: takenList(inject) };
  if (typeof useFactory !== 'function') {
    problems.push(mustBe('useFactory', 'a function that gives the options', useFactory));
  }
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  // What is injected is what the factory takes: only Nest can tell.
  return { ...taken, useFactory: useFactory as FactoryProvider<Options>['useFactory'] };
}

function boundModule<Options>(
  { module, bind }: Adapter<Options>,
  where: string,
  options: Provider,
): DynamicModule {
  return {
    module,
    providers: [
      options,
      {
        provide: Binding,
        inject: [OPTIONS, { token: BreakerRegistry, optional: true }],
        useFactory: async (given: Options, breakers: BreakerRegistry | undefined) => {
          if (breakers === undefined) throw new FluxgateConfigError(where, [NO_BREAKERS]);
          return new Binding(await bind(where, breakers, given));
        },
      },
    ],
  };
}

/** The group of breakers per key that it is the shared breaker of. That one is told first and removed first. */
export function groupSharing(breaker: Breaker, breakers: BreakerRegistry): KeyedBreakers | undefined {
  const group = breakers.findKeyed(breaker.name);
  return group?.shared === breaker ? group : undefined;
}

/** What is wrong with an option that names groups. */
export function groupNamesProblems(what: string, given: unknown): string[] {
  if (given === undefined) return [];
  const isGood = Array.isArray(given) && given.every((name) => nameProblems(name).length === 0);
  return isGood ? [] : [mustBe(what, 'an array of the names of groups', given)];
}
