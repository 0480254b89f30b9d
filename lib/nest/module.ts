import {
  Module,
  Scope,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR, INQUIRER, ModulesContainer } from '@nestjs/core';

import {
  BreakerNotFoundError,
  BreakerRegistry,
  FluxgateConfigError,
  mustBe,
  unknownKeys,
  type Breaker,
} from '../core/index.js';
import { injectedNames } from './decorators/inject-breaker.js';
import { FluxgateExplorer } from './explorer.js';
import { FluxgateFeatureModule } from './features.js';
import { CircuitBreakerInterceptor } from './interceptor.js';
import { LoggerListener } from './logger-listener.js';
import {
  featureProblems,
  rootProblems,
  type FluxgateFeatureOptions,
  type FluxgateModuleAsyncOptions,
  type FluxgateModuleOptions,
  type FluxgateOptionsFactory,
  type FluxgateStaticOptions,
} from './options.js';
import { Sites } from './sites.js';
import {
  CREATES_UNKNOWN,
  FEATURE_TOKEN,
  getBreakerToken,
  INTERCEPTOR_TOKEN,
  OPTIONS_TOKEN,
  READY_TOKEN,
} from './tokens.js';

const ROOT = 'FluxgateModule.forRoot';
const ASYNC = 'FluxgateModule.forRootAsync';
const FEATURE = 'FluxgateModule.forFeature';

/**
 * Which breakers does this app have?
 *
 * `forRoot` once, in the root module; it is global. `forFeature` in modules that count errors their own way.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { FluxgateModule, MinRequests, FailureRate, seconds, TimeWindow } from 'nestjs-fluxgate';
 *
 * @Module({
 *   imports: [
 *     FluxgateModule.forRoot({
 *       breakers: {
 *         payments: {
 *           window: TimeWindow(seconds(60)),
 *           tripper: MinRequests(20).and(FailureRate(0.5)),
 *         },
 *       },
 *     }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgateModule {
  /** @throws FluxgateConfigError with everything that is wrong, each with its full path. */
  static forRoot(options: FluxgateModuleOptions & FluxgateStaticOptions = {}): DynamicModule {
    const problems = [...rootProblems(options, ['globalInterceptor']), ...staticProblems(options)];
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return rootModule({ provide: OPTIONS_TOKEN, useValue: options }, options, {
      where: ROOT,
      names: Object.keys(options.breakers ?? {}),
    });
  }

  /** The same with options that have to be awaited or injected. What is wrong with them fails bootstrap. */
  static forRootAsync(options: FluxgateModuleAsyncOptions): DynamicModule {
    const { provider, extra, problems } = asyncOptions(options);
    if (problems.length > 0) throw new FluxgateConfigError(ASYNC, problems);
    return rootModule(provider, options, {
      where: ASYNC,
      names: options.names ?? [],
      imports: options.imports,
      extra: [...extra, ...(options.extraProviders ?? [])],
    });
  }

  /**
   * For the decorated classes of the module that imports it: which errors count there, and breakers the
   * feature owns (injectable where this is imported, known by name everywhere).
   *
   * @throws FluxgateConfigError with everything that is wrong, each with its full path.
   */
  static forFeature(options: FluxgateFeatureOptions): DynamicModule {
    const problems = featureProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(FEATURE, problems);
    const names = Object.keys(options.breakers ?? {});
    return {
      module: FluxgateFeatureModule,
      providers: [
        // The number keeps two features of equal shape apart where Nest compares modules by content.
        { provide: FEATURE_TOKEN, useValue: { options, number: ++featureCount } },
        {
          provide: FEATURE_READY,
          inject: [BreakerRegistry, READY_TOKEN],
          useFactory: registerFeature(options),
        },
        ...names.map((name) => breakerProvider(name, FEATURE_READY)),
      ],
      exports: names.map(getBreakerToken),
    };
  }
}

let featureCount = 0;

/** Resolves when the breakers of a feature are registered. */
const FEATURE_READY = 'FluxgateFeatureReady';

interface Root {
  /** Who is speaking in errors. */
  readonly where: string;
  /** The names of breakers that are known before bootstrap. */
  readonly names: readonly string[];
  readonly imports?: DynamicModule['imports'];
  readonly extra?: readonly Provider[];
}

/** Getters, because Nest reads them when it scans: by then every `@InjectBreaker` of the app has run. */
function rootModule(
  options: Provider,
  { globalInterceptor = true }: FluxgateStaticOptions,
  root: Root,
): DynamicModule {
  const tokens = (): FactoryProvider[] => [
    ...root.names.map((name) => breakerProvider(name, READY_TOKEN)),
    ...unlistedNames(root.names).map(unlistedProvider),
  ];
  const engine: Provider[] = [
    { provide: BreakerRegistry, useFactory: () => new BreakerRegistry() },
    {
      provide: Sites,
      inject: [BreakerRegistry, ModulesContainer],
      useFactory: (registry: BreakerRegistry, modules: ModulesContainer) => new Sites(registry, modules),
    },
    CircuitBreakerInterceptor,
    { provide: INTERCEPTOR_TOKEN, useExisting: CircuitBreakerInterceptor },
    {
      provide: READY_TOKEN,
      inject: [BreakerRegistry, Sites, CircuitBreakerInterceptor, OPTIONS_TOKEN],
      useFactory: fill(root),
    },
    FluxgateExplorer,
    ...(globalInterceptor ? [{ provide: APP_INTERCEPTOR, useExisting: CircuitBreakerInterceptor }] : []),
    ...(root.extra ?? []),
    options,
  ];
  return {
    module: FluxgateModule,
    global: true,
    imports: root.imports,
    get providers() {
      return [...engine, ...tokens()];
    },
    get exports(): InjectionToken[] {
      const own = [BreakerRegistry, Sites, CircuitBreakerInterceptor, INTERCEPTOR_TOKEN, READY_TOKEN];
      return [...own, ...tokens().map(({ provide }) => provide)];
    },
  };
}

/**
 * Fills the registry. Apart from it, so that a class the options are made by may itself be decorated: it gets
 * the empty registry, without a circle.
 */
const fill =
  ({ where, names }: Root) =>
  (
    registry: BreakerRegistry,
    sites: Sites,
    interceptor: CircuitBreakerInterceptor,
    options: FluxgateModuleOptions,
  ): BreakerRegistry => {
    const { breakers = {}, logger, listeners = [] } = options;
    if (where === ASYNC) {
      const problems = rootProblems(options);
      const missing = names.filter((name) => !Object.hasOwn(breakers, name));
      problems.push(...missing.map((name) => `names: there is no breakers.${name} in the options.`));
      if (problems.length > 0) throw new FluxgateConfigError(where, problems);
    }
    const log = logger === false ? [] : [new LoggerListener(logger)];
    registry.configure({ ...options, listeners: [...log, ...listeners] });
    for (const [name, own] of Object.entries(breakers)) registry.create(name, own);
    interceptor.setsRetryAfter = options.retryAfterHeader ?? true;
    sites.createsUnknown = options[CREATES_UNKNOWN] ?? false;
    sites.isReady = true;
    return registry;
  };

const registerFeature =
  ({ breakers = {} }: FluxgateFeatureOptions) =>
  (registry: BreakerRegistry): true => {
    const taken = Object.keys(breakers).filter((name) => registry.find(name) !== undefined);
    if (taken.length > 0) {
      throw new FluxgateConfigError(
        FEATURE,
        taken.map(
          (name) =>
            `breakers.${name}: a breaker called "${name}" is registered already. Choose another name.`,
        ),
      );
    }
    for (const [name, options] of Object.entries(breakers)) registry.create(name, options);
    return true;
  };

/** A breaker that is certain to be there once `ready` has resolved. */
const breakerProvider = (name: string, ready: InjectionToken): FactoryProvider<Breaker> => ({
  provide: getBreakerToken(name),
  inject: [BreakerRegistry, ready],
  useFactory: (registry: BreakerRegistry) => registry.get(name),
});

/** Names that `@InjectBreaker` asked for and the options do not list. */
function unlistedNames(listed: readonly string[]): string[] {
  const asked = new Set(injectedNames.map(({ name }) => name));
  return [...asked].filter((name) => !listed.includes(name));
}

/** Transient: it is only made, and only fails, where something of this app asks for it; and it knows who. */
const unlistedProvider = (name: string): FactoryProvider<Breaker> => ({
  provide: getBreakerToken(name),
  scope: Scope.TRANSIENT,
  inject: [BreakerRegistry, Sites, READY_TOKEN, INQUIRER],
  useFactory: (registry: BreakerRegistry, sites: Sites, _ready: unknown, inquirer: unknown) => {
    const known = registry.find(name);
    if (known !== undefined) return known;
    if (sites.createsUnknown) return registry.create(name);
    const asker = (inquirer as object | undefined)?.constructor.name;
    throw new BreakerNotFoundError(name, registry.names(), asker);
  },
});

function staticProblems({ globalInterceptor }: FluxgateStaticOptions): string[] {
  const isFine = globalInterceptor === undefined || typeof globalInterceptor === 'boolean';
  return isFine ? [] : [mustBe('globalInterceptor', 'true or false', globalInterceptor)];
}

const ASYNC_KEYS = [
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'names',
  'extraProviders',
  'globalInterceptor',
];

/** The provider of options that are made by a function, a class or another provider. */
function asyncOptions(options: FluxgateModuleAsyncOptions): {
  provider: Provider;
  extra: Provider[];
  problems: string[];
} {
  const problems = unknownKeys(options, ASYNC_KEYS, 'options');
  if (problems.length > 0) return { provider: { provide: OPTIONS_TOKEN, useValue: {} }, extra: [], problems };
  const { useFactory, useClass, useExisting, inject = [] } = options;
  const given = [useFactory, useClass, useExisting].filter((way) => way !== undefined);
  if (given.length !== 1) {
    problems.push(`exactly one of useFactory, useClass and useExisting is needed, got ${given.length}.`);
  }
  problems.push(...staticProblems(options));
  const source = useExisting ?? useClass;
  const provider: Provider =
    source === undefined
      ? { provide: OPTIONS_TOKEN, useFactory: useFactory!, inject }
      : {
          provide: OPTIONS_TOKEN,
          inject: [source],
          useFactory: (factory: FluxgateOptionsFactory) => factory.createFluxgateOptions(),
        };
  return { provider, extra: useClass === undefined ? [] : [useClass], problems };
}
