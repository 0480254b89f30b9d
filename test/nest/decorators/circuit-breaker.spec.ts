import { Injectable, type Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  All,
  CircuitBreaker,
  Custom,
  HttpStatusIn,
  TypeOf,
  type CircuitBreakerOptions,
} from 'nestjs-fluxgate';

import { breakerOf, calls, closeAll, start } from '../apps.js';

afterEach(closeAll);

interface Task {
  run(error?: unknown): Promise<unknown>;
}

/** A provider with one method under the given decorator; it fails with what it is given. */
function taskUnder(decorator: MethodDecorator): Type<Task> {
  @Injectable()
  class Job implements Task {
    @decorator
    async run(error?: unknown): Promise<string> {
      if (error !== undefined) throw error;
      return 'done';
    }
    standIn(error: Error, given?: unknown): string {
      return `${error.message}, given ${String((given as Error | undefined)?.message)}`;
    }
  }
  return Job;
}

async function run(type: Type<Task>, ...errors: unknown[]): Promise<TestingModule> {
  const app = await start({ providers: [type] });
  for (const error of errors)
    await app
      .get(type)
      .run(error)
      .catch(() => {});
  return app;
}

const NAME = 'Job.run';
const missing = Object.assign(new Error('not found'), { status: 404 });

describe('@CircuitBreaker', () => {
  it('() makes a breaker of the defaults, called Class.method', async () => {
    const app = await run(taskUnder(CircuitBreaker()), missing);
    expect(calls(app, NAME)).toEqual({ failure: 1 });
    expect(breakerOf(app, NAME).state).toBe('open');
    expect(calls(app)).toEqual({});
  });

  it('(undefined) and (undefined, undefined) mean ()', async () => {
    const decorator = (CircuitBreaker as (...given: unknown[]) => MethodDecorator)(undefined, undefined);
    expect(calls(await run(taskUnder(decorator), missing), NAME)).toEqual({ failure: 1 });
  });

  it('() takes over a breaker that is configured under that name', async () => {
    const app = await start(
      { providers: [taskUnder(CircuitBreaker())] },
      { breakers: { [NAME]: { initialState: 'metrics_only' } } },
    );
    expect(breakerOf(app, NAME).state).toBe('metrics_only');
  });

  it("('name') takes that breaker, with its own tracker", async () => {
    expect(calls(await run(taskUnder(CircuitBreaker('shop')), missing))).toEqual({ failure: 1 });
  });

  it.each<[string, MethodDecorator]>([
    ["('name', tracker)", CircuitBreaker('shop', HttpStatusIn(500, 599))],
    ["('name', predicate)", CircuitBreaker('shop', (error) => error !== missing)],
    ["('name', object)", CircuitBreaker('shop', { isFailure: (error: unknown) => error !== missing })],
    ["('name', { tracker })", CircuitBreaker('shop', { tracker: HttpStatusIn(500, 599) })],
    ['({ breaker, tracker })', CircuitBreaker({ breaker: 'shop', tracker: HttpStatusIn(500, 599) })],
  ])('%s takes that breaker and tracker', async (_form, decorator) => {
    expect(calls(await run(taskUnder(decorator), missing))).toEqual({ ignored: 1 });
  });

  it.each<[string, MethodDecorator]>([
    ['(tracker)', CircuitBreaker(TypeOf(RangeError))],
    ['(predicate)', CircuitBreaker((error) => error !== missing)],
    ['({ tracker })', CircuitBreaker({ tracker: Custom((error) => error !== missing) })],
  ])('%s takes the unnamed breaker and that tracker', async (_form, decorator) => {
    expect(calls(await run(taskUnder(decorator), missing), NAME)).toEqual({ ignored: 1 });
  });

  it('takes its options from an object that is frozen or has no prototype', async () => {
    const options = Object.freeze(
      Object.assign(Object.create(null) as object, { breaker: 'shop', fallback: 'standIn' }),
    );
    const app = await run(taskUnder(CircuitBreaker(options)), missing);
    expect(calls(app)).toEqual({ failure: 1 });
  });

  it('judges the returned value by trackResult, and still returns it', async () => {
    const trackResult = (value: string): boolean => value === 'done';
    const type = taskUnder(CircuitBreaker('shop', { trackResult }));
    const app = await start({ providers: [type] });
    expect(await app.get(type).run()).toBe('done');
    expect(calls(app)).toEqual({ failure: 1 });
  });

  it('runs the fallback for failures and rejections, by default', async () => {
    const type = taskUnder(CircuitBreaker('shop', { fallback: 'standIn' }));
    const app = await start({ providers: [type] });
    expect(await app.get(type).run(missing)).toBe('not found, given not found');
    expect(await app.get(type).run()).toMatch(/^circuit breaker "shop" is open.*, given undefined$/);
  });

  it("runs the fallback for rejections alone, with fallbackWhen: 'rejected'", async () => {
    const type = taskUnder(CircuitBreaker('shop', { fallback: 'standIn', fallbackWhen: 'rejected' }));
    const app = await start({ providers: [type] });
    await expect(app.get(type).run(missing)).rejects.toBe(missing);
    expect(await app.get(type).run()).toContain('is open');
  });

  it("runs the fallback for untracked errors too, with fallbackWhen: 'any'", async () => {
    const options: CircuitBreakerOptions = { fallback: 'standIn', fallbackWhen: 'any' };
    const decorator = CircuitBreaker('shop', { ...options, tracker: HttpStatusIn(500, 599) });
    const type = taskUnder(decorator);
    const app = await start({ providers: [type] });
    expect(await app.get(type).run(missing)).toBe('not found, given not found');
    expect(calls(app)).toEqual({ ignored: 1 });
  });
});

describe('@CircuitBreaker takes', () => {
  it.each<CircuitBreakerOptions>([
    { returns: 'promise' },
    { returns: 'sync' },
    { returns: 'observable' },
    { returns: 'iterator' },
    { fallbackWhen: 'failure' },
    { fallbackWhen: 'rejected' },
    { fallbackWhen: 'any' },
  ])('%p', (options) => {
    expect(() => CircuitBreaker(options)).not.toThrow();
  });

  it('an async method whose declaration says nothing, and rejects while its circuit is open', async () => {
    class Job {
      async run(): Promise<void> {
        throw new Error('down');
      }
    }
    const method = Object.getOwnPropertyDescriptor(Job.prototype, 'run')!;
    CircuitBreaker('shop')(Job.prototype, 'run', method);
    Object.defineProperty(Job.prototype, 'run', method);
    Injectable()(Job);
    const app = await start({ providers: [Job] });
    const first = app.get(Job).run();
    await expect(first).rejects.toThrow('down');
    const second = app.get(Job).run();
    await expect(second).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
  });
});

describe('@CircuitBreaker refuses at once', () => {
  const decorate = CircuitBreaker as (...given: unknown[]) => MethodDecorator;
  const tracker =
    'a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error)';

  it.each<[string, unknown[], string]>([
    ['an empty name', [''], 'name must be a string of 1 to 256 printable characters, got "".'],
    [
      'a name with a line break',
      ['a\nb'],
      'name must be a string of 1 to 256 printable characters, got "a\\nb".',
    ],
    [
      'a name that is no string',
      [{ breaker: 5 }],
      'name must be a string of 1 to 256 printable characters, got 5.',
    ],
    ['a number', [5], 'options must be an options object, got 5.'],
    ['null', [null], 'options must be an options object, got null.'],
    ['null as options', ['shop', null], 'options must be an options object, got null.'],
    ['two names', ['shop', 'bank'], 'options must be an options object, got "bank".'],
    ['a list', [[All()]], 'options must be an options object, got an array of 1.'],
    ['a list as options', ['shop', [All()]], 'options must be an options object, got an array of 1.'],
    ['an unknown option', [{ breeker: 'shop' }], 'options.breeker is not an option. Did you mean breaker?'],
    [
      'an option of the breaker',
      ['shop', { window: 3 }],
      'options.window is not an option. Options: breaker, key, tracker, ignore, trackResult, fallback, fallbackWhen, returns.',
    ],
    [
      'arguments the wrong way round',
      [All(), 'shop'],
      "the first of two arguments must be a breaker's name, got an object (Leaf).",
    ],
    [
      'nothing before the tracker',
      [undefined, All()],
      "the first of two arguments must be a breaker's name, got undefined.",
    ],
    ['three arguments', ['shop', All(), {}], 'it takes (name?, tracker or options?), got 3 arguments.'],
    ['a class', [RangeError], `${tracker}, got function RangeError. For a class use TypeOf(RangeError).`],
    [
      'a class after the name',
      ['shop', RangeError],
      `${tracker}, got function RangeError. For a class use TypeOf(RangeError).`,
    ],
    ['a factory without its call', [All], `${tracker}, got function All. Call it: All(…).`],
    ['a tracker option that is none', [{ tracker: 'all' }], `${tracker}, got "all".`],
    ['two breakers', ['shop', { breaker: 'bank' }], 'the breaker is named twice: "shop" and "bank".'],
    [
      'a result tracker that is none',
      [{ trackResult: true }],
      'trackResult must be a function (value) => boolean, got true.',
    ],
    [
      'a fallback that is none',
      [{ fallback: 5 }],
      'fallback must be a function (error, ...args) or the name of a method, got 5.',
    ],
    [
      'an unknown moment',
      [{ fallbackWhen: 'open' }],
      "fallbackWhen must be 'failure', 'rejected' or 'any', got \"open\".",
    ],
    [
      'an unknown kind',
      [{ returns: 'generator' }],
      "returns must be 'promise', 'sync', 'thenable', 'observable' or 'iterator', got \"generator\".",
    ],
    [
      'more than one mistake, all at once',
      [{ trackResult: 1, returns: 2, tracker: 3 }],
      `trackResult must be a function (value) => boolean, got 1. returns must be 'promise', 'sync', 'thenable', 'observable' or 'iterator', got 2. ${tracker}, got 3.`,
    ],
  ])('%s', (_what, given, text) => {
    expect(() => decorate(...given)).toThrow(TypeError);
    expect(() => decorate(...given)).toThrow(new TypeError(`@CircuitBreaker: ${text}`));
  });
});
