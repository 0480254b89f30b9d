import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

import { BreakerHandlers } from './handlers.js';
import { Inspection } from './inspection.js';
import { CircuitBreakerInterceptor } from './interceptor.js';
import { guardedBy, isGuardedOn, ownMembers, prototypesOf, type ClassType, type Member } from './member.js';
import { Sites } from './sites.js';
import { appEnds, appRuns, guardBehind, isRunning, type Bound } from './slot.js';
import { INTERCEPTOR_SLOT, memberName } from './tokens.js';

/**
 * Looks through the whole app once, at bootstrap: binds the instances that Nest injects no properties into
 * (those of `useFactory` and `useValue`), and checks every name, so that a typing error fails now and not at
 * the first call. Then the methods of `@OnBreaker` hear of their breakers.
 */
@Injectable()
export class FluxgateExplorer implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Sites) private readonly sites: Sites,
    @Inject(Inspection) private readonly inspection: Inspection,
    @Inject(BreakerHandlers) private readonly handlers: BreakerHandlers,
    @Inject(CircuitBreakerInterceptor) private readonly interceptor: CircuitBreakerInterceptor,
  ) {}

  onModuleInit(): void {
    try {
      this.inspection.refuse(this.inspection.problems());
      this.handlers.begin();
    } catch (error) {
      // Nobody can close an app that did not start.
      appEnds(this.interceptor);
      throw error;
    }
    this.inspection.isOver = true;
    appRuns(this.interceptor);
    const warnings = new Set<string>();
    for (const { type, moduleRef, made } of this.inspection.found()) {
      if (made !== undefined && this.isFree(made)) this.interceptor.bind(made, moduleRef);
      for (const warning of overrides(type)) warnings.add(warning);
    }
    for (const warning of warnings) this.sites.breakers.log?.warn(warning);
  }

  /** The last hook: others still call out while they shut down. */
  onApplicationShutdown(): void {
    this.handlers.end();
    appEnds(this.interceptor);
    // Calls that still run may end, but the process need not wait for that.
    this.sites.breakers.registry.release();
  }

  /** Not bound yet, or to an app that is over: a value may outlive the app it was given to. */
  private isFree(made: object): boolean {
    const bound = guardBehind((made as Bound)[INTERCEPTOR_SLOT]);
    return guardBehind(this.interceptor) !== undefined && !isRunning(bound);
  }
}

/** Methods that hide a guarded one of a base class. */
function overrides(type: ClassType): string[] {
  const prototypes = prototypesOf(type);
  return prototypes.flatMap(ownMembers).flatMap((member) => {
    const nearest = prototypes.find((prototype) => Object.hasOwn(prototype, member.key))!;
    return hidesGuard(nearest, member) ? [overridden(memberName(nearest, member.key), member.where)] : [];
  });
}

/** Those of jest, Vitest and node:test; of sinon; of what traces calls by way of shimmer. */
const PATCHED_BY = ['mock', 'isSinonProxy', '__original'];

/** Does this prototype declare the method anew, without a guard? What was put in its place later calls it, as a rule. */
function hidesGuard(prototype: object, { key }: Member): boolean {
  if (isGuardedOn(prototype, key)) return false;
  const { value, enumerable } = Object.getOwnPropertyDescriptor(prototype, key)!;
  // What a class declares is not enumerable; what is assigned later is.
  return !enumerable && guardedBy(value) === undefined && !PATCHED_BY.some((mark) => hasMark(value, mark));
}

// Read, not looked for: the mock of node:test is a proxy that only answers.
const hasMark = (method: unknown, mark: string): boolean =>
  typeof method === 'function' && (method as unknown as Record<string, unknown>)[mark] !== undefined;

const overridden = (method: string, base: string): string =>
  `${method} overrides ${base} and is not guarded, unless it calls super. Put @CircuitBreaker on it too.`;
