import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  CircuitBreaker,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  FluxgateModule,
  MinRequests,
} from 'nestjs-fluxgate';
import { ManualClock, RecordingListener } from 'nestjs-fluxgate/testing';

import { brittle, calls, closeAll, messageOf, open, start, startBare } from '../apps.js';

afterEach(closeAll);

describe('FluxgateModule.forRoot', () => {
  it('makes its breakers over the defaults, in the order they are given', async () => {
    const app = await startBare({
      imports: [
        FluxgateModule.forRoot({
          defaults: { tripper: FailureStreak(3) },
          breakers: { payments: { tripper: FailureStreak(9) }, inventory: {} },
          logger: false,
        }),
      ],
    });
    const rules = app
      .get(BreakerRegistry)
      .list()
      .map(({ name }) => `${name}: ${app.get(BreakerRegistry).get(name).snapshot().rules.tripper}`);
    expect(rules).toEqual(['payments: FailureStreak(9)', 'inventory: FailureStreak(3)']);
  });

  it('needs no options', async () => {
    const app = await startBare({ imports: [FluxgateModule.forRoot()] });
    expect(app.get(BreakerRegistry).names()).toEqual([]);
  });

  it('takes options that are frozen or have no prototype, and changes none', async () => {
    const bare = <T extends object>(from: T): T =>
      Object.freeze(Object.assign(Object.create(null) as object, from)) as T;
    const options = bare({
      defaults: bare({ tripper: FailureStreak(3) }),
      breakers: bare({ shop: bare({}), constructor: bare({}), ['__proto__']: bare({}) }),
      listeners: Object.freeze([new RecordingListener()]),
      logger: false as const,
    });
    const app = await startBare({ imports: [FluxgateModule.forRoot(options)] });
    expect(app.get(BreakerRegistry).names()).toEqual(['shop', 'constructor', '__proto__']);
  });

  it('gives clock, chance and listeners to every breaker', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const signals = new RecordingListener();
    const app = await start({}, { clock, random: () => 0.5, listeners: [signals] });
    open(app);
    expect(signals.moves()).toEqual(['closed → open (tripper)']);
    expect(signals.of('fault')).toEqual([]);
    expect(signals.of('transition')[0]!.at).toBe(Date.UTC(2030, 0, 1));
  });

  it('is global', async () => {
    @Injectable()
    class Shop {
      @CircuitBreaker('shop')
      buy(): void {}
    }
    @Module({ providers: [Shop] })
    class ShopModule {}
    const app = await start({ imports: [ShopModule] });
    app.get(Shop, { strict: false }).buy();
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('has one provider for the pipeline of Nest, unless told not to', async () => {
    const registered = (options: object): unknown[] =>
      brittle(options).providers!.filter(
        (provider) => (provider as { provide?: unknown }).provide === APP_INTERCEPTOR,
      );
    expect(registered({})).toHaveLength(1);
    expect(registered({ globalInterceptor: false })).toEqual([]);
  });

  it('twice in one app does not start', async () => {
    @Module({ imports: [brittle({ breakers: { bank: {} } })] })
    class BankModule {}
    const text =
      'FluxgateModule: forRoot is imported 2 times, which makes 2 sets of breakers. Import it once, in the root module (it is global); use forFeature elsewhere.';
    expect(await messageOf(start({ imports: [BankModule] }))).toBe(text);
    const compiled = Test.createTestingModule({ imports: [brittle(), BankModule] }).compile();
    expect(await messageOf(compiled)).toBe(text);
  });

  it('once, imported in two modules, is one set of breakers', async () => {
    const root = brittle();
    @Controller()
    class Shop {
      @Get()
      @CircuitBreaker('shop')
      sell(): void {}
    }
    @Module({ imports: [root], controllers: [Shop] })
    class ShopModule {}
    const app = await startBare({ imports: [root, ShopModule] });
    expect(app.get(BreakerRegistry).names()).toEqual(['shop']);
  });
});

describe('FluxgateModule.forRoot refuses at once, with full paths', () => {
  const forRoot = FluxgateModule.forRoot as (options: unknown) => unknown;

  it('the example of the design', () => {
    expect(() => FluxgateModule.forRoot({ breakers: { payments: { tripper: FailureRate(50) } } })).toThrow(
      new FluxgateConfigError('FluxgateModule.forRoot', [
        'breakers.payments.tripper: FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
      ]),
    );
    expect(() => FluxgateModule.forRoot({ breakers: { payments: { tripper: FailureRate(50) } } })).toThrow(
      'FluxgateModule.forRoot: breakers.payments.tripper: FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'options must be an options object, got null.'],
    ['a list', [], 'options must be an options object, got an array of 0.'],
    ['a text', 'payments', 'options must be an options object, got "payments".'],
    ['an unknown option', { breaker: {} }, 'options.breaker is not an option. Did you mean breakers?'],
    ['no defaults', { defaults: null }, 'defaults must be an options object, got null.'],
    ['no breakers', { breakers: null }, 'breakers must be an object of options by breaker name, got null.'],
    [
      'breakers in a list',
      { breakers: ['shop'] },
      'breakers must be an object of options by breaker name, got an array of 1.',
    ],
    [
      'breakers in a map',
      { breakers: new Map([['shop', {}]]) },
      'breakers must be an object of options by breaker name, got an object (Map).',
    ],
    [
      'a breaker without options',
      { breakers: { shop: null } },
      'breakers.shop must be an options object, got null.',
    ],
    [
      'a breaker that is a text',
      { breakers: { shop: 'on' } },
      'breakers.shop must be an options object, got "on".',
    ],
    [
      'an unknown option of a breaker',
      { breakers: { shop: { windw: 1 } } },
      'breakers.shop.windw is not an option. Did you mean window?',
    ],
    [
      'a breaker without name',
      { breakers: { ' ': {} } },
      'breakers: name must be a string of 1 to 256 printable characters, got " ".',
    ],
    ['a listener that hears nothing', { listeners: [{}] }, 'listeners[0] must be'],
    [
      'listeners that are no list',
      { listeners: {} },
      'listeners must be an array of listeners, got an object (Object).',
    ],
    [
      'half a logger',
      { logger: { warn: () => {} } },
      'logger must be false or a LoggerService with log(), warn() and error(), got an object (Object).',
    ],
    [
      'logger: true',
      { logger: true },
      'logger must be false or a LoggerService with log(), warn() and error(), got true.',
    ],
    ['retryAfterHeader', { retryAfterHeader: 'yes' }, 'retryAfterHeader must be true or false, got "yes".'],
    ['globalInterceptor', { globalInterceptor: null }, 'globalInterceptor must be true or false, got null.'],
    [
      'half a clock',
      { clock: { now: () => 0 } },
      'clock must be a clock with now(), wallNow() and setTimer(), got an object (Object).',
    ],
    [
      'a number as random',
      { random: 0.5 },
      'random must be a function that gives numbers in [0, 1), got 0.5.',
    ],
    [
      'a rule that can never be met',
      { breakers: { shop: { tripper: MinRequests(20), window: CountWindow(10) } } },
      'breakers.shop.tripper: ',
    ],
  ])('%s', (_what, options, text) => {
    expect(() => forRoot(options)).toThrow(FluxgateConfigError);
    expect(() => forRoot(options)).toThrow(`FluxgateModule.forRoot: ${text}`);
  });

  it('everything together', () => {
    const breakers = { shop: { tripper: FailureRate(50), timeoutMs: NaN }, bank: { retry: 5 } };
    const options = {
      defaults: { untracked: 'maybe' },
      breakers,
      logger: 1,
      globalInterceptor: 1,
      colour: 'red',
    };
    try {
      forRoot(options);
      throw new Error('not refused');
    } catch (error) {
      const { problems, message, code } = error as FluxgateConfigError;
      expect(code).toBe('FLUXGATE_CONFIG');
      expect(problems.map((problem) => problem.split(/ must| is not|: /)[0])).toEqual([
        'options.colour',
        'defaults.untracked',
        'breakers.shop.tripper',
        'breakers.shop.timeoutMs',
        'breakers.bank.retry',
        'logger',
        'globalInterceptor',
      ]);
      expect(message).toBe(
        `FluxgateModule.forRoot: 7 problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      );
    }
  });
});
