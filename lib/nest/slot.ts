import { Inject } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

import { warnOnce } from '../core/index.js';
import type { Member } from './member.js';
import { processWide, type Guard, type Runner } from './process-wide.js';
import { classNameOf, INTERCEPTOR_SLOT, INTERCEPTOR_TOKEN, ITSELF, MODULE_SLOT } from './tokens.js';

/** An app has its breakers, and begins to start. From now on it may guard what Nest did not make: calls in constructors, say. */
export function appStarts(interceptor: unknown): void {
  const guard = guardBehind(interceptor);
  if (guard !== undefined) processWide.starting = new WeakRef(guard);
}

/** It has started: every hook of every module has run. */
export function appRuns(interceptor: unknown): void {
  const guard = guardBehind(interceptor);
  if (guard === undefined) return;
  processWide.running.add(guard);
  if (processWide.starting?.deref() === guard) processWide.starting = undefined;
}

/** It is closed, or cannot start. */
export function appEnds(interceptor: unknown): void {
  const guard = guardBehind(interceptor);
  processWide.running.delete(guard!);
  if (processWide.starting?.deref() === guard) processWide.starting = undefined;
}

export const isRunning = (guard: unknown): boolean => processWide.running.has(guard as Guard);

/** This interceptor was really made; no mock of it says so. */
export function wasMade(guard: Guard): void {
  processWide.made.add(guard);
  Object.defineProperty(guard, ITSELF, { value: guard });
}

/** The interceptor that this is, or is a binding or a proxy (Nest's `instanceDecorator`) of; of what an auto-mocker gave: none. */
export function guardBehind(value: unknown): Guard | undefined {
  let itself: Guard | undefined;
  try {
    itself = (value as { readonly [ITSELF]?: Guard })[ITSELF];
  } catch {
    // nothing at all, or a proxy that throws
  }
  return processWide.made.has(itself!) ? itself : undefined;
}

/** For instances that cannot take a property: frozen ones. */
const frozen = new WeakMap<object, Map<symbol, unknown>>();

/**
 * Has Nest put the app's interceptor, and the module's reference, on every instance of a class.
 *
 * Property injection reaches singleton, request-scoped, transient, inherited and lazily loaded classes
 * alike; it changes no scope and shows in no key, spread, JSON or equality.
 */
export function injectSlots(prototype: object): void {
  if (INTERCEPTOR_SLOT in prototype) return;
  for (const slot of [INTERCEPTOR_SLOT, MODULE_SLOT]) {
    Object.defineProperty(prototype, slot, {
      configurable: true,
      get(this: object) {
        return frozen.get(this)?.get(slot);
      },
      set(this: object, value: unknown) {
        fill(this, slot, value);
      },
    });
  }
  Inject(INTERCEPTOR_TOKEN)(prototype, INTERCEPTOR_SLOT);
  Inject(ModuleRef)(prototype, MODULE_SLOT);
}

function fill(instance: object, slot: symbol, given: unknown): void {
  if (slot === MODULE_SLOT) return fillModule(instance, given as ModuleRef);
  // Told here, once, and not on every call.
  const guard = guardBehind(given);
  put(instance, slot, guard ?? MOCKED);
  guard?.checkLate(instance);
}

/** Nest fills this one last: now it is known where the object stands. */
function fillModule(instance: object, moduleRef: ModuleRef): void {
  put(instance, MODULE_SLOT, moduleRef);
  const guard = guardBehind((instance as Bound)[INTERCEPTOR_SLOT]);
  if (guard === undefined) return;
  // By what its calls are told apart, too.
  put(instance, INTERCEPTOR_SLOT, guard.bindingOf(instance.constructor, moduleRef));
}

function put(instance: object, slot: symbol, value: unknown): void {
  try {
    Object.defineProperty(instance, slot, { value, configurable: true, writable: true });
  } catch {
    const slots = frozen.get(instance) ?? new Map<symbol, unknown>();
    frozen.set(instance, slots.set(slot, value));
  }
}

/**
 * The same for an object that Nest injects nothing into.
 *
 * @throws TypeError when no method of it is guarded.
 */
export function fillSlots(instance: object, guard: Guard, moduleRef: ModuleRef | undefined): void {
  if (!(INTERCEPTOR_SLOT in instance)) {
    throw new TypeError(`${classNameOf(instance.constructor)} has no method with @CircuitBreaker.`);
  }
  // Not by assignment: a proxy may refuse it, or send it elsewhere.
  fill(instance, INTERCEPTOR_SLOT, guard);
  if (moduleRef !== undefined) fill(instance, MODULE_SLOT, moduleRef);
}

/** Lets an object go that was bound to an app which is closed, if no other has it by now. */
export function fadeSlots(instance: object, guard: Guard): void {
  const runner = (instance as Bound)[INTERCEPTOR_SLOT];
  if (guardBehind(runner) !== guard) return;
  put(instance, INTERCEPTOR_SLOT, new Faded(runner!));
  put(instance, MODULE_SLOT, undefined);
}

/** What guards an object that outlives its app: that app, as long as it is there. */
class Faded implements Runner {
  private readonly runner: WeakRef<Runner>;

  constructor(runner: Runner) {
    this.runner = new WeakRef(runner);
  }

  get [ITSELF](): Guard | undefined {
    return guardBehind(this.runner.deref());
  }

  run(member: Member, self: unknown, args: unknown[]): unknown {
    const runner = this.runner.deref() ?? onlyInterceptor(member);
    return runner === undefined ? member.original.apply(self, args) : runner.run(member, self, args);
  }
}

/** In the slot when an auto-mocker filled it: the method just runs. */
const MOCKED = null;

/** What an instance of a decorated class carries. */
export interface Bound {
  [INTERCEPTOR_SLOT]?: Runner | typeof MOCKED;
  [MODULE_SLOT]?: ModuleRef;
}

/**
 * The interceptor that guards this call; `undefined`: nobody does, the method just runs.
 *
 * @throws when more than one app could be meant.
 */
export function interceptorOf(self: unknown, member: Member): Runner | undefined {
  const slot = (self as Bound | null | undefined)?.[INTERCEPTOR_SLOT];
  if (slot !== undefined) return slot === MOCKED ? undefined : slot;
  return onlyInterceptor(member);
}

/** An instance that Nest did not make belongs to the only app that runs, else to the one that is starting. */
function onlyInterceptor(member: Member): Guard | undefined {
  const [only = processWide.starting?.deref(), other] = processWide.running;
  if (other !== undefined) throw new Error(ambiguous(member));
  if (only === undefined) warnUnguarded(member);
  return only;
}

function warnUnguarded({ where }: Member): void {
  warnOnce(
    'FLUXGATE_UNGUARDED',
    where,
    `${where} runs without its circuit breaker: the object was not made by Nest, and no app with FluxgateModule is running.`,
  );
}

const ambiguous = ({ where }: Member): string =>
  `${where}: the object was not made by Nest, and ${processWide.running.size} apps with FluxgateModule are running, so its circuit breaker is unknown. ` +
  'Let Nest make it, call app.get(CircuitBreakerInterceptor).bind(object), or close the other apps (in tests: afterEach(() => app.close())).';
