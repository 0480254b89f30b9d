import {
  Logger,
  Scope,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, HttpAdapterHost, INQUIRER, ModulesContainer } from '@nestjs/core';

import { BreakerRegistry, FluxgateConfigError, type Breaker, type KeyedBreakers } from '../core/index.js';
import { AppBreakers } from './app-breakers.js';
import { FluxgateExplorer } from './explorer.js';
import { BreakerHandlers } from './handlers.js';
import { Inspection } from './inspection.js';
import { CircuitBreakerInterceptor } from './interceptor.js';
import { LoggerListener } from './logger-listener.js';
import {
  rootProblems,
  takenRoot,
  type FluxgateModuleOptions,
  type FluxgateStaticOptions,
} from './options.js';
import { injectedNames } from './process-wide.js';
import { hookExceptions, RejectionHook } from './rejection-hook.js';
import { Sites } from './sites.js';
import { appStarts } from './slot.js';
import { FluxgateStartedModule } from './started.js';
import {
  classNameOf,
  getBreakerToken,
  INTERCEPTOR_TOKEN,
  OPTIONS_TOKEN,
  READY_TOKEN,
  REGISTRY_TOKEN,
} from './tokens.js';

/** What `forRoot` and `forRootAsync` differ in. */
export interface Root {
  /** Makes the options. */
  readonly options: Provider;
  /** The options are still to be awaited and checked: who is speaking in errors then. */
  readonly awaits?: string;
  /** The names of breakers that are known before bootstrap. */
  readonly names: readonly string[];
  readonly imports?: DynamicModule['imports'];
  readonly extra?: readonly Provider[];
}

/** Getters, because Nest reads them when it scans: by then every `@InjectBreaker` of the app has run. */
export function rootModule(
  module: Type,
  root: Root,
  { globalInterceptor = true }: FluxgateStaticOptions,
): DynamicModule {
  const tokens = (): FactoryProvider[] => [
    ...root.names.map((name) => breakerProvider(name, READY_TOKEN)),
    ...unlistedNames(root.names).map(unlistedProvider),
  ];
  const providers = [...engine(root), ...(root.extra ?? [])];
  if (globalInterceptor) providers.push(...retryAfterProviders);
  return {
    module,
    global: true,
    imports: [...(root.imports ?? []), FluxgateStartedModule],
    get providers() {
      return [...providers, ...tokens()];
    },
    get exports(): InjectionToken[] {
      return [...EXPORTS, ...tokens().map(({ provide }) => provide)];
    },
  };
}

const EXPORTS = [
  BreakerRegistry,
  AppBreakers,
  Inspection,
  CircuitBreakerInterceptor,
  INTERCEPTOR_TOKEN,
  READY_TOKEN,
];

/**
 * What sets `Retry-After`: the hook; the interceptor only where there is none, because Nest sends every request,
 * message and query of an app that has an interceptor through rxjs. A factory that gives nothing registers nothing.
 */
const retryAfterProviders: readonly Provider[] = [
  {
    provide: RejectionHook,
    inject: [CircuitBreakerInterceptor, HttpAdapterHost],
    useFactory: async (interceptor: CircuitBreakerInterceptor, host: HttpAdapterHost) =>
      new RejectionHook(interceptor, host, await hookExceptions()),
  },
  {
    provide: APP_INTERCEPTOR,
    inject: [RejectionHook, CircuitBreakerInterceptor],
    useFactory: (hook: RejectionHook, interceptor: CircuitBreakerInterceptor) =>
      hook.isInPlace ? undefined : interceptor,
  },
];

function engine(root: Root): Provider[] {
  return [
    root.options,
    { provide: REGISTRY_TOKEN, useFactory: () => new BreakerRegistry() },
    {
      provide: AppBreakers,
      inject: [REGISTRY_TOKEN, ModulesContainer],
      useFactory: (registry: BreakerRegistry, modules: ModulesContainer) =>
        new AppBreakers(registry, modules),
    },
    { provide: Sites, inject: [AppBreakers], useFactory: (breakers: AppBreakers) => new Sites(breakers) },
    {
      provide: BreakerHandlers,
      inject: [AppBreakers],
      useFactory: (breakers: AppBreakers) => new BreakerHandlers(breakers),
    },
    { provide: Inspection, inject: [Sites], useFactory: (sites: Sites) => new Inspection(sites) },
    CircuitBreakerInterceptor,
    FluxgateExplorer,
    {
      provide: READY_TOKEN,
      inject: [AppBreakers, CircuitBreakerInterceptor, OPTIONS_TOKEN],
      useFactory: fill(root),
    },
    // Whoever injects the registry gets it filled.
    {
      provide: BreakerRegistry,
      inject: [REGISTRY_TOKEN, READY_TOKEN],
      useFactory: (registry: BreakerRegistry) => registry,
    },
    interceptorProvider(root),
  ];
}

/**
 * Guarded classes wait for options that are there anyway, so that they can be called as soon as they are
 * made. They do not wait for options that are awaited: a class these are made by may itself be guarded, and
 * would wait for itself.
 */
function interceptorProvider({ awaits }: Root): Provider {
  if (awaits !== undefined) return { provide: INTERCEPTOR_TOKEN, useExisting: CircuitBreakerInterceptor };
  return {
    provide: INTERCEPTOR_TOKEN,
    inject: [CircuitBreakerInterceptor, READY_TOKEN],
    useFactory: (interceptor: CircuitBreakerInterceptor) => interceptor,
  };
}

const fill =
  ({ awaits, names }: Root) =>
  (breakers: AppBreakers, interceptor: CircuitBreakerInterceptor, given: FluxgateModuleOptions): void => {
    refuseSecondRoot(breakers.modules);
    const options = takenRoot(given);
    if (awaits !== undefined) refuseAwaited(awaits, options, names);
    const { logger, listeners = [], retryAfterHeader = true, redact } = options;
    const log = logger === false ? [] : [new LoggerListener(logger, redact)];
    breakers.log = logger === false ? undefined : (logger ?? new Logger('Fluxgate'));
    breakers.load({ ...options, listeners: [...log, ...listeners] });
    interceptor.setsRetryAfter = retryAfterHeader;
    appStarts(interceptor);
  };

function refuseSecondRoot(modules: ModulesContainer): void {
  const { length } = [...modules.values()].filter(({ providers }) => providers.has(OPTIONS_TOKEN));
  if (length < 2) return;
  throw new FluxgateConfigError('FluxgateModule', [
    `forRoot is imported ${length} times, which makes ${length} sets of breakers. Import it once, in the root module (it is global); use forFeature elsewhere.`,
  ]);
}

function refuseAwaited(where: string, options: FluxgateModuleOptions, names: readonly string[]): void {
  const problems = rootProblems(options);
  const { breakers } = Object(options) as FluxgateModuleOptions;
  const missing = names.filter((name) => !Object.hasOwn(Object(breakers) as object, name));
  problems.push(...missing.map((name) => `names: there is no breakers.${name} in the options.`));
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
}

/** A breaker, or the group of that name, that is certain to be there once `ready` has resolved. */
export const breakerProvider = (
  name: string,
  ready: InjectionToken,
): FactoryProvider<Breaker | KeyedBreakers> => ({
  provide: getBreakerToken(name),
  inject: [AppBreakers, ready],
  // It is among the options, so it is there.
  useFactory: (breakers: AppBreakers) => breakers.find(name)!,
});

/** Names that `@InjectBreaker` asked for and the options do not list. */
function unlistedNames(listed: readonly string[]): string[] {
  const asked = new Set(injectedNames().map(({ name }) => name));
  return [...asked].filter((name) => !listed.includes(name));
}

/** In tests, where an unknown name makes what is asked for. */
const isAskedByKey = (name: string): boolean =>
  injectedNames().some((injected) => injected.name === name && injected.isKeyed);

/** Transient: it is only made, and only fails, where something of this app asks for it; and it knows who. */
const unlistedProvider = (name: string): FactoryProvider<Breaker | KeyedBreakers> => ({
  provide: getBreakerToken(name),
  scope: Scope.TRANSIENT,
  inject: [AppBreakers, Inspection, READY_TOKEN, INQUIRER],
  useFactory: (breakers: AppBreakers, inspection: Inspection, _ready: unknown, inquirer: unknown) => {
    const known = breakers.findOrMake(name, isAskedByKey(name));
    if (known !== undefined) return known;
    // Nest stops at the first error: it had better tell all of them.
    if (!inspection.isOver) inspection.refuse(inspection.problems());
    const asker = (inquirer as object | null | undefined)?.constructor as unknown;
    throw breakers.notFound(name, asker === undefined ? undefined : classNameOf(asker));
  },
});
