import type { ModuleRef } from '@nestjs/core';

import type { Member } from './member.js';

/** Runs guarded methods through their breakers. */
export interface Runner {
  run(member: Member, self: unknown, args: unknown[]): unknown;
}

/** The app's interceptor, as a guarded instance needs it. */
export interface Guard extends Runner {
  /** The same for objects of one class and module. */
  stationOf(type: unknown, moduleRef: ModuleRef): Runner;
  checkLate(instance: object): void;
}

/** Who asked for which breaker by `@InjectBreaker`. */
export interface InjectedName {
  readonly name: string;
  readonly type: unknown;
  /** By `@InjectKeyedBreaker`. */
  readonly isKeyed: boolean;
}

/** What all copies of the package in this process share: CommonJS and ESM, or two versions. */
interface ProcessWide {
  /** Every interceptor that was really made, so that mocks are told apart. */
  made: WeakSet<object>;
  /** Those of apps that run now. */
  running: Set<Guard>;
  /** That of the app that began to start last. Weak: an app that fails to start tells nobody. */
  starting: WeakRef<Guard> | undefined;
  injectedNames: InjectedName[];
}

const KEY = Symbol.for('nestjs-fluxgate.process-wide');

const found = ((globalThis as { [KEY]?: Partial<ProcessWide> })[KEY] ??= {});
found.made ??= new WeakSet();
found.running ??= new Set();
found.injectedNames ??= [];

export const processWide = found as ProcessWide;
