import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Backoff,
  Breaker,
  BreakerRegistry,
  CircuitBreaker,
  Cooldown,
  FailureStreak,
  FluxgateModule,
  TimeWindow,
  TrackWhen,
  type BreakerOptions,
  type CallOptions,
} from 'nestjs-fluxgate';
import { AlertsListener, SlackWebhook, Webhook } from 'nestjs-fluxgate/alerts';
import { bindOpenTelemetry } from 'nestjs-fluxgate/opentelemetry';
import { bindPrometheus } from 'nestjs-fluxgate/prometheus';
import { FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
import { FluxgateTestingModule, ManualClock } from 'nestjs-fluxgate/testing';
import { Registry } from 'prom-client';
import { lastValueFrom, of } from 'rxjs';

import { closeAll, startBare } from '../nest/apps.js';
import { thrown } from '../support/async.js';
import { behindGetters, deepFreeze, EVIL_TEXT, isOneLine, refusesAll, revoked } from './hostile.js';

afterEach(closeAll);

/** Every kind of part, as users write their own: objects of which only a method is known. */
const ownParts = (): BreakerOptions => ({
  window: { create: (slow: readonly number[]) => TimeWindow(1000).create(slow) } as never,
  tracker: { isFailure: () => true },
  tripper: { isTripped: ({ failureStreak }: { failureStreak: number }) => failureStreak >= 2 } as never,
  retry: { waitMs: () => 10 } as never,
  permit: { isPermitted: () => true } as never,
  listeners: [{ onCall: () => undefined }],
  maxHalfOpenCalls: 2,
  maxHalfOpenMs: 50,
  probeLeaseMs: 50,
  timeoutMs: 50,
  untracked: 'success',
  trackResult: () => false,
  rejectionStackTraces: true,
  initialState: 'closed',
});

const callOptions = (): CallOptions<number, never> => ({
  tracker: { isFailure: () => true },
  trackResult: () => false,
  fallback: () => 2 as never,
  fallbackWhen: 'any',
});

async function useAll(breaker: Breaker, options: CallOptions<number, never>): Promise<void> {
  const { signal } = new AbortController();
  expect(await breaker.execute(() => 1, options)).toBe(1);
  expect(await breaker.execute(() => 1, Object.freeze({ ...options, signal }))).toBe(1);
  expect(breaker.executeSync(() => 1, options)).toBe(1);
  expect(await lastValueFrom(breaker.observe(of(1), options))).toBe(1);
  expect(
    await breaker
      .iterate(async function* () {
        yield 1;
      }, options)
      .next(),
  ).toEqual({ value: 1, done: false });
  expect(await breaker.wrap(async () => 1, options)()).toBe(1);
  expect(breaker.acquire(options as never).fail(new Error('down'))).toBe(true);
  breaker.forceOpen(Object.freeze({ reason: 'test', forMs: 1 }));
  breaker.reset();
  await breaker.whenAvailable(Object.freeze({ signal }));
}

/** Ways to write an object of options; nobody has to know the difference. */
const WAYS: readonly (readonly [string, <T extends object>(options: T) => T])[] = [
  ['frozen through and through', deepFreeze],
  ['without a prototype, behind getters', behindGetters],
  ['a proxy', (options) => new Proxy(options, {})],
  ['an instance', (options) => Object.assign(new (class Options {})(), options)],
];

describe.each(WAYS)('options that are %s', (_, made) => {
  it('are taken by a breaker and every door, and left as they are', async () => {
    const options = made(ownParts());
    const before = Object.getOwnPropertyDescriptors(options);
    await useAll(new Breaker('shop', options), made(callOptions()));
    expect(Object.getOwnPropertyDescriptors(options)).toEqual(before);
  });

  it('are taken by a registry, for itself and for its breakers', async () => {
    const registry = new BreakerRegistry(
      made({ defaults: made(ownParts()), listeners: [{ onFault: () => 1 }] }),
    );
    await useAll(registry.create('shop', made({ timeoutMs: 5 })), made(callOptions()));
  });

  it('are taken by the parts that have some', () => {
    expect(String(Backoff(made({ initialMs: 1, maxMs: 9, multiplier: 3, jitter: 0.1 })))).toContain(
      'maxMs: 9',
    );
    expect(String(Cooldown(5, made({ jitter: 0.1 })))).toContain('jitter: 0.1');
    expect(String(TimeWindow(1000, made({ buckets: 5 })))).toContain('buckets: 5');
  });

  it('are taken by the module, a feature and the decorators', async () => {
    const guard = made({ breaker: 'shop', fallback: 'standIn', fallbackWhen: 'any' as const });
    @Injectable()
    class Shop {
      @CircuitBreaker(guard)
      @TrackWhen(TypeError, deepFreeze({ except: [RangeError], when: () => true }))
      buy(): string {
        throw new TypeError('down');
      }
      standIn(): string {
        return 'stand-in';
      }
    }
    const root = made({
      defaults: made({ tripper: FailureStreak(3) }),
      breakers: made({ shop: made({}) }),
      listeners: [],
      logger: false as const,
      retryAfterHeader: true,
      globalInterceptor: true,
      clock: new ManualClock(),
      random: () => 0.5,
    });
    const feature = made({
      tracker: { isFailure: () => true },
      trackers: made({ shop: { isFailure: () => true } }),
      breakers: made({ orders: made({}) }),
    });
    const app = await startBare({
      imports: [FluxgateModule.forRoot(root), FluxgateModule.forFeature(feature)],
      providers: [Shop],
    });
    expect(app.get(Shop).buy()).toBe('stand-in');
    expect(app.get(BreakerRegistry).names()).toEqual(['shop', 'orders']);
  });

  it('are taken by forRootAsync', async () => {
    const options = made({
      names: ['shop'],
      inject: [],
      useFactory: () => made({ breakers: made({ shop: made({}) }), logger: false as const }),
    });
    const app = await startBare({ imports: [FluxgateModule.forRootAsync(options)] });
    expect(app.get(BreakerRegistry).names()).toEqual(['shop']);
  });

  it('are taken by the adapters and the testing kit', async () => {
    const breakers = new BreakerRegistry();
    breakers.create('shop').forceOpen();
    const registry = new Registry();
    const stop = await bindPrometheus(
      breakers,
      made({ registry, prefix: 'p_', labels: made({ app: 'a' }), buckets: [1, 2] }),
    );
    expect(await registry.metrics()).toContain('app="a"');
    stop();
    const quiet = await bindOpenTelemetry(
      breakers,
      made({ metrics: true, spanEvents: true, attributes: made({ app: 'a' }) }),
    );
    quiet();
    const targets = [
      SlackWebhook(made({ url: 'https://hooks.slack.com/services/T/B/x' })),
      Webhook(made({ url: 'https://example.com/hook' })),
    ];
    new AlertsListener(made({ targets, templates: made({}), logger: false as const, app: 'a' }));
    FluxgateTerminusModule.forRoot(
      made({ only: ['shop'], breakers: made({ shop: made({ failOn: ['open' as const] }) }) }),
    );
    const app = await Test.createTestingModule({
      imports: [FluxgateTestingModule.forRoot(made({ breakers: made({ shop: made({}) }) }))],
    }).compile();
    await app.close();
  });
});

describe('options that cannot be read', () => {
  const boom = new Error('no such luck');
  const throwing = {
    get timeoutMs(): number {
      throw boom;
    },
  };

  it.each<[string, () => unknown]>([
    ['a getter that throws', () => throwing],
    ['a revoked proxy', () => revoked({})],
    ['a proxy that refuses everything', () => refusesAll({})],
    ['a part behind a revoked proxy', () => ({ tripper: revoked({}) })],
    [
      'a part that throws when it is looked at',
      () => ({
        retry: {
          get waitMs() {
            throw boom;
          },
        },
      }),
    ],
    [
      'a part that throws nothing at all when it is looked at',
      () => ({
        permit: {
          get isPermitted() {
            throw undefined;
          },
        },
      }),
    ],
    [
      'a part that throws a proxy when it is looked at',
      () => ({
        window: {
          get create() {
            throw refusesAll({});
          },
        },
      }),
    ],
    ['listeners behind a revoked proxy', () => ({ listeners: revoked([]) })],
  ])('because of %s make no breaker, and leave none behind', (_, make) => {
    const registry = new BreakerRegistry();
    expect(() => registry.create('shop', make() as BreakerOptions)).toThrow();
    expect(registry.names()).toEqual([]);
    expect(registry.create('shop').state).toBe('closed');
    expect(() => FluxgateModule.forRoot({ breakers: { shop: make() as BreakerOptions } })).toThrow();
  });

  it.each<[string, object]>([
    ['a key of 10 kB', { ['x'.repeat(10_240)]: 1 }],
    ['a key that fakes a line', { [EVIL_TEXT]: 1 }],
    ['a value that fakes a line', { timeoutMs: EVIL_TEXT }],
    ['a value of 10 MB', { untracked: 'x\n'.repeat(5_000_000) }],
    ['a class with a name that fakes a line', { window: new { [EVIL_TEXT]: class {} }[EVIL_TEXT]!() }],
    [
      'a part whose error fakes a line',
      {
        retry: {
          get waitMs() {
            throw new Error(EVIL_TEXT);
          },
        },
      },
    ],
  ])('because of %s are refused in one bounded line', (_, options) => {
    const refused = [
      () => new Breaker('shop', options),
      () => new BreakerRegistry({ defaults: options }),
      () => FluxgateModule.forRoot({ breakers: { shop: options } }),
      () => FluxgateModule.forRoot({ defaults: options }),
      () => FluxgateModule.forFeature({ breakers: { shop: options } }),
    ].map((make) => thrown(() => (make(), Promise.reject)) as Error);
    for (const { message } of refused)
      expect([isOneLine(message), message.length < 2000]).toEqual([true, true]);
  });

  it('have the text of a part on one line, in snapshots and logs', () => {
    const tripper = Object.assign(FailureStreakLike(), { toString: () => `MyRule()${EVIL_TEXT}` });
    const { rules } = new Breaker('shop', { tripper: tripper as never }).snapshot();
    expect(rules.tripper).toContain('MyRule()');
    expect(isOneLine(rules.tripper)).toBe(true);
  });
});

/** A user's own tripper. */
function FailureStreakLike(): { isTripped(): boolean } {
  return { isTripped: () => false };
}
