import { Controller, Get, Injectable } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BreakerRegistry,
  CircuitBreaker,
  FluxgateModule,
  type Breaker,
  type BreakerOptions,
} from 'nestjs-fluxgate';
import type { ManualClock } from 'nestjs-fluxgate/testing';
import { defer, from, lastValueFrom } from 'rxjs';

import { same } from './endings.js';

export const DOORS = ['execute', 'executeSync', 'observe', 'decorated method', 'decorated handler'] as const;
export type DoorName = (typeof DOORS)[number];

type Task = () => unknown;

/** One way into the same breaker. */
export interface Door {
  readonly breaker: Breaker;
  /** Runs a task; a sync throw of the door itself comes out as a rejection too. */
  run(task: Task): Promise<unknown>;
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly clock: ManualClock;
  readonly random: () => number;
  readonly options: BreakerOptions;
}

@Injectable()
class Service {
  @CircuitBreaker('subject')
  async call(task: Task, ...rest: unknown[]): Promise<unknown> {
    expectOwn(this, rest);
    return task();
  }
}

@Controller()
class Handlers {
  @CircuitBreaker('subject')
  @Get()
  async call(task: Task, ...rest: unknown[]): Promise<unknown> {
    expectOwn(this, rest);
    return task();
  }
}

export async function openDoor(name: DoorName, given: DoorOptions): Promise<Door> {
  if (name === 'decorated method') return nestDoor(given, Service);
  if (name === 'decorated handler') return nestDoor(given, Handlers);
  const registry = new BreakerRegistry({ clock: given.clock, random: given.random });
  const breaker = registry.create('subject', given.options);
  const run = {
    execute: (task: Task) => breaker.execute(task),
    executeSync: async (task: Task) => breaker.executeSync(task),
    observe: (task: Task) => lastValueFrom(breaker.observe(() => defer(() => from(promised(task))))),
  }[name];
  return { breaker, run, close: async () => undefined };
}

async function nestDoor(
  { clock, random, options }: DoorOptions,
  type: typeof Service | typeof Handlers,
): Promise<Door> {
  const app = await Test.createTestingModule({
    imports: [FluxgateModule.forRoot({ breakers: { subject: options }, clock, random, logger: false })],
    [type === Service ? 'providers' : 'controllers']: [type],
  }).compile();
  // Nest logs what a handler throws.
  app.useLogger(false);
  await app.init();
  const instance = app.get<Service>(type);
  const enter = type === Service ? instance.call.bind(instance) : handlerOf(app, instance);
  return {
    breaker: app.get(BreakerRegistry).get('subject'),
    run: (task) => enter(task, instance, 'and more'),
    close: () => app.close(),
  };
}

/** A handler as Nest calls it: through guards, pipes and the interceptors of the app. */
function handlerOf(app: TestingModule, instance: Handlers): Handlers['call'] {
  const creator = app.get(ExternalContextCreator, { strict: false });
  return creator.create(
    instance,
    instance.call as (...args: unknown[]) => unknown,
    'call',
  ) as unknown as Handlers['call'];
}

/** A guarded method gets its own `this` and the arguments it was called with. */
function expectOwn(self: unknown, rest: readonly unknown[]): void {
  same(rest[0], self, '`this` is the instance');
  same(rest.slice(1).join(), 'and more', 'arguments are handed on');
}

/** Runs at once, as the other doors do. */
async function promised(task: Task): Promise<unknown> {
  return task();
}
