import type { Member } from './member.js';

/** The app's interceptor, as a guarded instance needs it. */
export interface Guard {
  run(member: Member, self: unknown, args: unknown[]): unknown;
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
