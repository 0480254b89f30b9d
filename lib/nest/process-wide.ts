import type { ModuleRef } from '@nestjs/core';

import type { Member } from './member.js';

/** Runs guarded methods through their breakers. */
export interface Runner {
  run(member: Member, self: unknown, args: unknown[]): unknown;
}

/** The app's interceptor, as a guarded instance needs it. */
export interface Guard extends Runner {
  /** The same for objects of one class and module. */
  bindingOf(type: unknown, moduleRef: ModuleRef): Runner;
  checkLate(instance: object): void;
}

/** A breaker that a class asks for by `@InjectBreaker`. */
export interface InjectedName {
  readonly name: string;
  /** Weak: classes of tests and of mixins come and go. */
  readonly type: WeakRef<object>;
  /** By `@InjectKeyedBreaker`. */
  readonly isKeyed: boolean;
}

/** What all copies of the package in this process share: CommonJS and ESM, or two versions. */
interface ProcessWide {
  /** Every interceptor that was really made, so that mocks are told apart. */
  made: WeakSet<object>;
  /** Those of apps that have started and are not closed. */
  running: Set<Guard>;
  /** That of the app that began to start last. Weak: an app that fails to start tells nobody. */
  starting: WeakRef<Guard> | undefined;
  /** Of classes that are gone some are still in it, but never more than of those that are there. */
  injectedNames: InjectedName[];
}

const KEY = Symbol.for('nestjs-fluxgate.process-wide');

const found = ((globalThis as { [KEY]?: Partial<ProcessWide> })[KEY] ??= {});
found.made ??= new WeakSet();
found.running ??= new Set();
found.injectedNames ??= [];

export const processWide = found as ProcessWide;

/** A class asks for a breaker. */
export function addInjectedName(name: string, type: object, isKeyed: boolean): void {
  const names = processWide.injectedNames;
  names.push({ name, type: new WeakRef(type), isKeyed });
  // A power of two: each look through all of them is paid for by as many that came.
  if ((names.length & (names.length - 1)) === 0) processWide.injectedNames = injectedNames();
}

/** What classes ask for that are still there. */
export function injectedNames(): InjectedName[] {
  return processWide.injectedNames.filter(({ type }) => type.deref() !== undefined);
}
