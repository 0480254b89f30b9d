import { createRequire } from 'node:module';

import { Logger, type INestApplication, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
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
import { ManualClock, RecordingListener } from 'nestjs-fluxgate/testing';

/** Opens at the first failure, for ten seconds; then every call may probe. */
export const BRITTLE: BreakerOptions = {
  tripper: FailureStreak(1),
  retry: Cooldown(seconds(10)),
  permit: AllowAll(),
};

/** Keeps what Nest logs. */
export class Log implements LoggerService {
  readonly lines: string[] = [];
  log = (...said: unknown[]): void => this.keep('log', said);
  error = (...said: unknown[]): void => this.keep('error', said);
  warn = (...said: unknown[]): void => this.keep('warn', said);
  debug = (): void => {};
  verbose = (): void => {};
  fatal = (...said: unknown[]): void => this.keep('fatal', said);

  /** The lines of one level, or of one context. */
  of(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${word} `) || line.includes(`[${word}]`));
  }

  private keep(level: string, [message, ...rest]: unknown[]): void {
    const text = message instanceof Error ? `${message.name}: ${message.message}` : String(message);
    this.lines.push(`${level} [${String(rest.at(-1))}] ${text}`);
  }
}

export type FluxgateOptions = FluxgateModuleOptions & FluxgateStaticOptions;

/** A module that has FluxgateModule with brittle breakers, and what a spec looks at. */
export class Stage {
  readonly clock = new ManualClock();
  readonly signals = new RecordingListener();
  readonly log = new Log();
  module!: TestingModule;

  async compile(
    metadata: ModuleMetadata,
    fluxgate: FluxgateOptions = {},
    change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
  ): Promise<this> {
    const builder = Test.createTestingModule({
      ...metadata,
      imports: [
        ...(metadata.imports ?? []),
        FluxgateModule.forRoot({
          defaults: BRITTLE,
          breakers: { shop: {} },
          clock: this.clock,
          logger: false,
          listeners: [this.signals],
          ...fluxgate,
        }),
      ],
    }).setLogger(this.log);
    this.module = await change(builder).compile();
    return this;
  }

  breaker(name = 'shop'): Breaker {
    return this.module.get(BreakerRegistry).get(name);
  }

  /** What a breaker counted: admitted, and how those calls ended. */
  calls(name = 'shop'): Record<string, number> {
    const { admitted, success, failure, ignored, rejected, inFlight } = this.breaker(name).snapshot().calls;
    return { admitted, success, failure, ignored, rejected, inFlight };
  }

  /** Opens a breaker by one failed call. */
  open(name = 'shop'): void {
    this.breaker(name).acquire().fail(new Error('opened by the spec'));
  }

  /** Opens it and waits until the next call is a probe. */
  halfOpen(name = 'shop'): void {
    this.open(name);
    this.clock.advance(seconds(10));
  }
}

export const counts = (given: Partial<Record<string, number>>): Record<string, number> => ({
  admitted: 0,
  success: 0,
  failure: 0,
  ignored: 0,
  rejected: 0,
  inFlight: 0,
  ...given,
});

export interface Platform {
  readonly name: 'Express' | 'Fastify';
  adapter(): AbstractHttpAdapter;
}

export const PLATFORMS: readonly Platform[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() },
  { name: 'Fastify', adapter: () => new FastifyAdapter() as unknown as AbstractHttpAdapter },
];

/** Makes the stage's module an HTTP app that supertest can call. */
export async function httpApp(
  stage: Stage,
  platform: Platform,
  setUp: (app: INestApplication) => void = () => {},
): Promise<INestApplication> {
  const app = stage.module.createNestApplication(platform.adapter());
  setUp(app);
  await app.init();
  if (platform.name === 'Fastify') await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Listens on a free port of this machine; the address. */
export async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

/** Nest's logger as it was. */
export const resetLogger = (): void => Logger.overrideLogger(['error', 'warn']);

/** Waits for what happens on real sockets; fails loudly when it does not. */
export async function until(isSo: () => boolean, limitMs = 4000): Promise<void> {
  const endsAt = Date.now() + limitMs;
  while (!isSo()) {
    if (Date.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain for ${isSo.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** A promise and what settles it. */
export function deferred<T = string>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Which Nest does this project run on? jest.config.mjs maps the packages of Nest 11 for one of them. */
export const NEST_MAJOR = Number(
  (createRequire(import.meta.url)('@nestjs/core/package.json') as { version: string }).version.split('.')[0],
);
