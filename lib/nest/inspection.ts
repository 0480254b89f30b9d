import type { ModuleRef } from '@nestjs/core';

import { FluxgateConfigError, KeyedBreakers, messageOf } from '../core/index.js';
import { BY_BREAKER, featureTrackers, moduleRefOf, nameOf, type HostModule } from './features.js';
import { classOf, ownList, ownMembers, prototypesOf, type ClassType } from './member.js';
import { processWide, type InjectedName } from './process-wide.js';
import type { Sites } from './sites.js';
import { CLASS_BREAKER, classNameOf, memberName, TRACKED_MEMBERS } from './tokens.js';
import { hasTrackWhen, QUESTIONS } from './tracking.js';

type Wrapper = HostModule['providers'] extends Map<unknown, infer W> ? W : never;

/** A class as one module of the app has it. */
export interface Found {
  readonly type: ClassType;
  readonly moduleRef: ModuleRef | undefined;
  /** A guarded object that Nest injects no properties into: what `useFactory` or `useValue` gave. */
  readonly made: object | undefined;
}

/**
 * What is wrong with the decorators of this app? Names of breakers and fallbacks that are not there, and
 * decorators that do nothing. Everything is told together, and as early as it can be known: at bootstrap, or
 * when a class that came later (lazy module, `ModuleRef.create`) is made for the first time.
 */
export class Inspection {
  /** The app was looked through; from now on each new class is looked at by itself. */
  isOver = false;
  private readonly met = new WeakSet<ClassType>();
  /** Met before that, some in no list of a module: middleware, and what `ModuleRef.create` made. */
  private readonly early: ClassType[] = [];

  constructor(private readonly sites: Sites) {}

  /** Everything that is wrong, as far as it can be known now. */
  problems(): string[] {
    const problems: string[] = [];
    for (const module of this.sites.breakers.modules.values()) problems.push(...this.featureProblems(module));
    for (const { type, moduleRef } of this.found()) problems.push(...this.classProblems(type, moduleRef));
    for (const type of this.early) problems.push(...this.classProblems(type, undefined));
    return [...new Set(problems)];
  }

  /** @throws FluxgateConfigError with everything that is wrong. */
  refuse(problems: readonly string[]): void {
    if (problems.length > 0) throw new FluxgateConfigError('FluxgateModule', problems);
  }

  /**
   * Nest has made an instance of a guarded class.
   *
   * @throws FluxgateConfigError with everything that is wrong with a class that came after bootstrap.
   */
  meet(instance: object): void {
    const type = (Object.getPrototypeOf(instance) as object).constructor as ClassType;
    if (this.met.has(type)) return;
    if (this.isOver) this.refuse(this.classProblems(type, undefined));
    else this.early.push(type);
    this.met.add(type);
  }

  /** Every class of the app, module by module. */
  found(): Found[] {
    return [...this.sites.breakers.modules.values()].flatMap((module) => {
      const moduleRef = moduleRefOf(module);
      const wrappers = [module.providers, module.controllers, module.injectables];
      return wrappers.flatMap((some) => [...some.values()]).flatMap((wrapper) => foundIn(wrapper, moduleRef));
    });
  }

  /** What shows of a module's `forFeature` only now that every breaker is known. */
  featureProblems(module: HostModule): string[] {
    return QUESTIONS.flatMap((question) => {
      const { byBreaker, conflicts } = featureTrackers(module, question);
      const unknown = [...byBreaker.keys()].filter(
        (name) => this.sites.breakers.findOrMake(name, false) === undefined,
      );
      const asker = `forFeature in ${nameOf(module)}: ${BY_BREAKER[question]}`;
      return [...conflicts, ...unknown.map((name) => this.notFound(name, asker))];
    });
  }

  private classProblems(type: ClassType, moduleRef: ModuleRef | undefined): string[] {
    const problems: string[] = [];
    const prototypes = prototypesOf(type);
    const members = prototypes.flatMap(ownMembers);
    for (const member of members) {
      try {
        this.sites.resolve(member, type, moduleRef);
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    for (const injected of processWide.injectedNames) {
      if (!prototypes.includes((injected.type as ClassType).prototype)) continue;
      problems.push(...this.injectedProblems(injected, classNameOf(type)));
    }
    return [...problems, ...idleDecorators(type, members.length > 0)];
  }

  private injectedProblems({ name, isKeyed }: InjectedName, asker: string): string[] {
    const found = this.sites.breakers.findOrMake(name, isKeyed);
    if (found === undefined) return [this.notFound(name, asker)];
    if (found instanceof KeyedBreakers === isKeyed) return [];
    return [
      isKeyed
        ? `${asker}: the breaker "${name}" has no keys. Use @InjectBreaker('${name}'), or give it some: breakers: { "${name}": { keys: {} } }.`
        : `${asker}: "${name}" has one breaker per key. Use @InjectKeyedBreaker('${name}'): it gives all of them, as KeyedBreakers.`,
    ];
  }

  private notFound(name: string, asker: string): string {
    return this.sites.breakers.notFound(name, asker).message;
  }
}

function foundIn(wrapper: Wrapper, moduleRef: ModuleRef | undefined): Found[] {
  if (wrapper.isAlias) return [];
  if (!wrapper.isNotMetatype) {
    return [{ type: wrapper.metatype as ClassType, moduleRef, made: undefined }];
  }
  // Per request or per injection there is none here.
  const made = wrapper.instance as object;
  const type = classOf(made);
  const isGuarded = type !== undefined && prototypesOf(type).flatMap(ownMembers).length > 0;
  return isGuarded ? [{ type, moduleRef, made }] : [];
}

/** Decorators of ours that do nothing where they stand: a mistake, never a silent one. */
function idleDecorators(type: ClassType, isGuarded: boolean): string[] {
  const problems: string[] = [];
  const name = classNameOf(type);
  if (Reflect.hasOwnMetadata(CLASS_BREAKER, type) && !isGuarded) {
    problems.push(
      `@CircuitBreaker on class ${name}: it has no handlers (routes, messages, resolvers). Put it on the methods.`,
    );
  }
  if (hasTrackWhen(type) && !isGuarded) {
    problems.push(`@TrackWhen on class ${name}: none of its methods has @CircuitBreaker.`);
  }
  for (const prototype of prototypesOf(type)) {
    const guarded = ownMembers(prototype).map(({ key }) => key as PropertyKey);
    for (const key of ownList<PropertyKey>(TRACKED_MEMBERS, prototype)) {
      if (!guarded.includes(key))
        problems.push(`@TrackWhen on ${memberName(prototype, key)}: it has no @CircuitBreaker.`);
    }
  }
  return problems;
}
