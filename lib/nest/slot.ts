import { Inject } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

import { warn } from '../core/index.js';
import type { Member } from './member.js';
import { INTERCEPTOR_SLOT, INTERCEPTOR_TOKEN, MODULE_SLOT } from './tokens.js';

/** The app's interceptor, as a guarded instance needs it. */
export interface Guard {
  run(member: Member, self: object, args: unknown[]): unknown;
  checkLate(instance: object): void;
}

/** What all copies of the package in this process share. */
interface Shared {
  /** Every interceptor that was really made, so that mocks are told apart. */
  readonly made: WeakSet<object>;
  /** Those of apps that run now. */
  readonly live: Set<Guard>;
}

const SHARED = Symbol.for('nestjs-fluxgate.shared');
const shared = ((globalThis as { [SHARED]?: Shared })[SHARED] ??= {
  made: new WeakSet(),
  live: new Set(),
});

export const { made, live } = shared;

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

function fill(instance: object, slot: symbol, value: unknown): void {
  try {
    Object.defineProperty(instance, slot, { value, configurable: true, writable: true });
  } catch {
    const slots = frozen.get(instance) ?? new Map<symbol, unknown>();
    frozen.set(instance, slots.set(slot, value));
  }
  if (slot === INTERCEPTOR_SLOT && isReal(value)) value.checkLate(instance);
}

/** Is this one of ours, and not what an auto-mocker put in its place? */
export function isReal(value: unknown): value is Guard {
  return typeof value === 'object' && value !== null && made.has(value);
}

/** What an instance of a decorated class carries. */
export interface Bound {
  [INTERCEPTOR_SLOT]?: unknown;
  [MODULE_SLOT]?: ModuleRef;
}

/**
 * The interceptor that guards this call; `undefined`: nobody does, the method just runs.
 *
 * @throws when the instance was made by hand and more than one app could be meant.
 */
export function interceptorOf(self: unknown, member: Member): Guard | undefined {
  const slot = (self as Bound | undefined)?.[INTERCEPTOR_SLOT];
  if (slot !== undefined) return isReal(slot) ? slot : undefined;
  const [only, other] = live;
  if (other !== undefined) throw new Error(ambiguous(member));
  if (only === undefined) warnUnguarded(member);
  return only;
}

const warned = new Set<string>();

function warnUnguarded({ where }: Member): void {
  if (warned.has(where)) return;
  warned.add(where);
  warn(
    'FLUXGATE_UNGUARDED',
    `${where} runs without its circuit breaker: the object was not made by Nest, and no app with FluxgateModule is running.`,
  );
}

const ambiguous = ({ where }: Member): string =>
  `${where}: the object was not made by Nest, and ${live.size} apps with FluxgateModule are running, so its circuit breaker is unknown. ` +
  'Let Nest make it, call app.get(CircuitBreakerInterceptor).bind(object), or close the other apps (in tests: afterEach(() => app.close())).';
