import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer, type ModuleRef } from '@nestjs/core';

import { BreakerNotFoundError, BreakerRegistry, FluxgateConfigError } from '../core/index.js';
import { injectedNames } from './decorators/inject-breaker.js';
import { featureTrackers, FluxgateFeatureModule, moduleRefOf, type HostModule } from './features.js';
import { CircuitBreakerInterceptor } from './interceptor.js';
import { ownMembers, prototypesOf } from './member.js';
import { Sites } from './sites.js';
import { live, type Bound } from './slot.js';
import {
  CLASS_BREAKER,
  GUARDED,
  INTERCEPTOR_SLOT,
  memberName,
  OPTIONS_TOKEN,
  TRACK_WHEN,
  TRACKED_MEMBERS,
} from './tokens.js';

type Wrapper = HostModule['providers'] extends Map<unknown, infer W> ? W : never;
type ClassType = NewableFunction & { readonly prototype: object };

/**
 * Looks through the whole app once, at bootstrap: binds the instances that Nest injects no properties into
 * (those of `useFactory` and `useValue`), and checks every name, so that a typing error fails now and not at
 * the first call. Everything that is wrong is told together.
 */
@Injectable()
export class FluxgateExplorer implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Fluxgate');

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(BreakerRegistry) private readonly registry: BreakerRegistry,
    @Inject(Sites) private readonly sites: Sites,
    @Inject(CircuitBreakerInterceptor) private readonly interceptor: CircuitBreakerInterceptor,
  ) {}

  onModuleInit(): void {
    const modules = [...this.modules.values()];
    const problems = new Set<string>(this.rootProblems(modules));
    for (const module of modules) {
      for (const problem of this.featureProblems(module)) problems.add(problem);
      const moduleRef = moduleRefOf(module);
      for (const wrapper of [
        ...module.providers.values(),
        ...module.controllers.values(),
        ...module.injectables.values(),
      ]) {
        for (const problem of this.explore(wrapper, moduleRef)) problems.add(problem);
      }
    }
    if (problems.size > 0) throw new FluxgateConfigError('FluxgateModule', [...problems]);
    live.add(this.interceptor);
  }

  /** The last hook: others still call out while they shut down. */
  onApplicationShutdown(): void {
    live.delete(this.interceptor);
  }

  private rootProblems(modules: readonly HostModule[]): string[] {
    const roots = modules.filter(({ providers }) => providers.has(OPTIONS_TOKEN));
    return roots.length > 1
      ? [
          `forRoot is imported ${roots.length} times, which makes ${roots.length} sets of breakers. Import it once, in the root module (it is global); use forFeature elsewhere.`,
        ]
      : [];
  }

  private featureProblems(module: HostModule): string[] {
    if (![...module.imports].some(({ metatype }) => metatype === FluxgateFeatureModule)) return [];
    const { byBreaker, conflicts } = featureTrackers(module);
    const unknown = [...byBreaker.keys()].filter((name) => !this.isKnown(name));
    return [
      ...conflicts,
      ...unknown.map((name) => this.notFound(name, `forFeature in ${module.name}: trackers`)),
    ];
  }

  private explore(wrapper: Wrapper, moduleRef: ModuleRef | undefined): string[] {
    if (wrapper.isAlias) return [];
    const instance = this.staticInstance(wrapper);
    if (wrapper.isNotMetatype) {
      if (instance === undefined || !isGuardedClass(instance.constructor)) return [];
      if ((instance as Bound)[INTERCEPTOR_SLOT] === undefined) this.interceptor.bind(instance, moduleRef);
      return this.classProblems(instance.constructor as ClassType, moduleRef);
    }
    return isClassType(wrapper.metatype) ? this.classProblems(wrapper.metatype, moduleRef) : [];
  }

  /** What a factory or a value gave, if it is one object for the whole app. */
  private staticInstance(wrapper: Wrapper): object | undefined {
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) return undefined;
    const instance: unknown = wrapper.instance;
    if (typeof instance !== 'object' || instance === null) return undefined;
    return typeof instance.constructor === 'function' ? instance : undefined;
  }

  private classProblems(type: ClassType, moduleRef: ModuleRef | undefined): string[] {
    const problems: string[] = [];
    const members = prototypesOf(type).flatMap(ownMembers);
    for (const member of members) {
      try {
        this.sites.resolve(member, type, moduleRef);
      } catch (error) {
        problems.push((error as Error).message);
      }
      this.warnIfOverridden(type, member.key, member.where);
    }
    for (const { name, type: asker } of injectedNames) {
      if (asker === type && !this.isKnown(name)) problems.push(this.notFound(name, type.name));
    }
    return [...problems, ...idleDecorators(type, members.length > 0)];
  }

  private warnIfOverridden(type: ClassType, key: string | symbol, where: string): void {
    const method = (type.prototype as Record<string | symbol, unknown>)[key];
    if (typeof method !== 'function' || Reflect.hasMetadata(GUARDED, method)) return;
    this.logger.warn(
      `${memberName(type.prototype, key)} overrides ${where} and is not guarded, unless it calls super. Put @CircuitBreaker on it too.`,
    );
  }

  private isKnown(name: string): boolean {
    return this.sites.createsUnknown || this.registry.find(name) !== undefined;
  }

  private notFound(name: string, where: string): string {
    return new BreakerNotFoundError(name, this.registry.names(), where).message;
  }
}

const isClassType = (type: unknown): type is ClassType =>
  typeof type === 'function' && typeof type.prototype === 'object' && type.prototype !== null;

const isGuardedClass = (type: unknown): boolean =>
  isClassType(type) && prototypesOf(type).some((prototype) => ownMembers(prototype).length > 0);

/** Decorators of ours that do nothing where they stand: a mistake, never a silent one. */
function idleDecorators(type: ClassType, isGuarded: boolean): string[] {
  const problems: string[] = [];
  if (Reflect.hasOwnMetadata(CLASS_BREAKER, type) && !isGuarded) {
    problems.push(
      `@CircuitBreaker on class ${type.name}: it has no handlers (routes, messages, resolvers). Put it on the methods.`,
    );
  }
  if (Reflect.hasOwnMetadata(TRACK_WHEN, type) && !isGuarded) {
    problems.push(`@TrackWhen on class ${type.name}: none of its methods has @CircuitBreaker.`);
  }
  for (const prototype of prototypesOf(type)) {
    const guarded = ownMembers(prototype).map(({ key }) => key as PropertyKey);
    const tracked = (Reflect.getOwnMetadata(TRACKED_MEMBERS, prototype) as PropertyKey[] | undefined) ?? [];
    for (const key of tracked) {
      if (!guarded.includes(key))
        problems.push(`@TrackWhen on ${memberName(prototype, key)}: it has no @CircuitBreaker.`);
    }
  }
  return problems;
}
