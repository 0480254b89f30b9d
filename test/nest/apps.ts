import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import {
  AllowAll,
  BreakerRegistry,
  Cooldown,
  FailureStreak,
  FluxgateModule,
  seconds,
  type Breaker,
  type BreakerOptions,
  type FluxgateModuleOptions,
  type FluxgateStaticOptions,
} from 'nestjs-fluxgate';

/** Opens at the first failure, for ten seconds; then every call may probe. */
export const BRITTLE: BreakerOptions = {
  tripper: FailureStreak(1),
  retry: Cooldown(seconds(10)),
  permit: AllowAll(),
};

export type FluxgateOptions = FluxgateModuleOptions & FluxgateStaticOptions;

const started: TestingModule[] = [];

/** FluxgateModule with brittle breakers, among them `shop`, and no log. */
export const brittle = (options: FluxgateOptions = {}) =>
  FluxgateModule.forRoot({ defaults: BRITTLE, breakers: { shop: {} }, logger: false, ...options });

/** A module that imports `FluxgateModule`; `closeAll` closes it. */
export async function compile(
  metadata: ModuleMetadata,
  options?: FluxgateOptions,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<TestingModule> {
  const imports = [brittle(options), ...(metadata.imports ?? [])];
  const app = await change(Test.createTestingModule({ ...metadata, imports })).compile();
  started.push(app);
  return app;
}

/** The same, started. */
export async function start(metadata: ModuleMetadata, options?: FluxgateOptions): Promise<TestingModule> {
  return (await compile(metadata, options)).init();
}

/** Starts what brings its own `FluxgateModule`, or none. */
export async function startBare(metadata: ModuleMetadata): Promise<TestingModule> {
  const app = await Test.createTestingModule(metadata).compile();
  started.push(app);
  return app.init();
}

/** One that did not start cannot be closed: Nest 11 rejects with the same error again. */
export async function closeAll(): Promise<void> {
  await Promise.allSettled(started.splice(0).map((app) => app.close()));
}

export const breakerOf = (app: TestingModule, name = 'shop'): Breaker => app.get(BreakerRegistry).get(name);

/** How many calls of a breaker were admitted. */
export const admitted = (app: TestingModule, name = 'shop'): number =>
  breakerOf(app, name).snapshot().calls.admitted;

/** What a breaker counted; what is 0 is left out. */
export function calls(app: TestingModule, name = 'shop'): Record<string, number> {
  const counts = Object.entries(breakerOf(app, name).snapshot().calls);
  return Object.fromEntries(counts.filter(([what, count]) => what !== 'admitted' && count > 0));
}

/** Opens a breaker by one failed call. */
export function open(app: TestingModule, name = 'shop'): void {
  breakerOf(app, name).acquire().fail(new Error('opened by the spec'));
}

/** The message of what a promise rejects with. */
export async function messageOf(failing: Promise<unknown>): Promise<string> {
  try {
    await failing;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it did not fail');
}
