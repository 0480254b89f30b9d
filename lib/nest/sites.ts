import type { ModuleRef, ModulesContainer } from '@nestjs/core';

import {
  BreakerNotFoundError,
  nearest,
  type Breaker,
  type BreakerRegistry,
  type CallSite,
  type Fallback,
  type Tracker,
} from '../core/index.js';
import { featureTrackers, hostOf } from './features.js';
import type { Member, Method } from './member.js';
import type { Bound } from './slot.js';
import { MODULE_SLOT, TRACK_WHEN } from './tokens.js';

/** A guarded method in one app, class and module, worked out once. */
export interface Site {
  readonly breaker: Breaker;
  readonly call: CallSite;
}

interface CachedSite extends Site {
  readonly type: unknown;
  readonly moduleRef: ModuleRef | undefined;
}

/** Which breaker, tracker and fallback does a guarded method have in this app? */
export class Sites {
  /** The registry is filled: from now on calls can be answered. */
  isReady = false;
  /** For tests: an unknown name makes a breaker of the defaults. */
  createsUnknown = false;
  private readonly cache = new WeakMap<Member, CachedSite[]>();
  /** Whose method an unnamed breaker was made for. */
  private readonly owners = new Map<string, object>();

  constructor(
    readonly registry: BreakerRegistry,
    private readonly modules: ModulesContainer,
  ) {}

  /** @throws when the name is unknown, or the options are still awaited. */
  of(member: Member, instance: object): Site {
    const type = instance.constructor;
    const moduleRef = (instance as Bound)[MODULE_SLOT];
    const known = this.cache.get(member);
    const hit = known?.find((site) => site.type === type && site.moduleRef === moduleRef);
    if (hit !== undefined) return hit;
    if (!this.isReady) {
      throw new Error(
        `${member.where} was called before the options of FluxgateModule.forRootAsync were there. Call it after bootstrap, or do not let the options depend on it.`,
      );
    }
    const site = { type, moduleRef, ...this.resolve(member, type, moduleRef) };
    this.cache.set(member, [...(known ?? []), site]);
    return site;
  }

  /** @throws an error whose message says what is wrong. */
  resolve(member: Member, type: NewableFunction | Function, moduleRef: ModuleRef | undefined): Site {
    const { config, where } = member;
    const breaker = this.breakerOf(member);
    const { trackResult, fallbackWhen } = config;
    const call = breaker.site(
      {
        tracker: this.nearestTracker(member, type, moduleRef, breaker.name),
        trackResult,
        fallback: fallbackOf(member, type),
        fallbackWhen,
      },
      where,
    );
    return { breaker, call: { ...call, followsStreams: true } };
  }

  /** @throws when the method names a breaker that is not there. */
  check(member: Member): void {
    this.breakerOf(member);
  }

  private breakerOf(member: Member): Breaker {
    const { registry } = this;
    const name = member.config.breaker;
    if (name === undefined) return this.unnamedBreaker(member);
    const breaker = registry.find(name);
    if (breaker !== undefined) return breaker;
    if (this.createsUnknown) return registry.create(name);
    throw new BreakerNotFoundError(name, registry.names(), member.where);
  }

  /** `Class.method`: shared by all instances of the class, and by nobody else unnoticed. */
  private unnamedBreaker({ owner, where }: Member): Breaker {
    const other = this.owners.get(where);
    if (other !== undefined && other !== owner) {
      throw new Error(
        `${where}: another class of the same name has an unnamed breaker for a method of the same name. Give one of them a name: @CircuitBreaker('…').`,
      );
    }
    this.owners.set(where, owner);
    return this.registry.find(where) ?? this.registry.create(where);
  }

  /** Nearest wins: method → class → the module's forFeature → (undefined) the breaker's own. */
  private nearestTracker(
    { owner, key, config }: Member,
    type: NewableFunction | Function,
    moduleRef: ModuleRef | undefined,
    breaker: string,
  ): Tracker | undefined {
    const ofMethod = Reflect.getOwnMetadata(TRACK_WHEN, owner, key) as Tracker | undefined;
    const ofDecorator = config.tracker;
    const ofClass = Reflect.getMetadata(TRACK_WHEN, type) as Tracker | undefined;
    const near = ofMethod ?? ofDecorator ?? ofClass;
    if (near !== undefined) return near;
    const { tracker, byBreaker } = featureTrackers(hostOf(this.modules, moduleRef));
    return byBreaker.get(breaker) ?? tracker;
  }
}

/** The fallback with the instance as its `this`; a name is looked up on each call, so that overrides work. */
function fallbackOf(
  { config, where }: Member,
  { prototype }: { readonly prototype: unknown },
): Fallback | undefined {
  const { fallback } = config;
  if (typeof fallback !== 'string') return fallback;
  const methods = prototype as Record<string, unknown>;
  if (typeof methods[fallback] !== 'function') {
    const guess = nearest(fallback, methodNames(methods));
    throw new Error(
      `${where}: the fallback "${fallback}" is not a method of the class.${guess === undefined ? '' : ` Did you mean "${guess}"?`}`,
    );
  }
  return function (this: Record<string, Method>, error: unknown, ...args: unknown[]) {
    return this[fallback]!(error, ...args);
  };
}

function methodNames(prototype: object): string[] {
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return parent === null || parent === Object.prototype ? own : [...own, ...methodNames(parent)];
}
