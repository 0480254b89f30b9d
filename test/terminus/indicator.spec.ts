import { describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import {
  AllowAll,
  BreakerRegistry,
  Cooldown,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  MinRequests,
} from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';
import {
  FluxgateHealthIndicator,
  FluxgateTerminusModule,
  type FluxgateHealthOptions,
} from 'nestjs-fluxgate/terminus';

import { thrown } from '../support/async.js';

const MUST_FAIL: FluxgateHealthOptions = { breakers: { payments: { failOn: ['open', 'forced_open'] } } };

function aHealth(options?: FluxgateHealthOptions) {
  const clock = new ManualClock();
  const registry = new BreakerRegistry({
    clock,
    defaults: { tripper: FailureStreak(1), retry: Cooldown(1000), permit: AllowAll() },
  });
  const payments = registry.create('payments');
  registry.create('inventory', { tripper: MinRequests(4).and(FailureRate(0.5)) });
  const health = new FluxgateHealthIndicator(registry, new HealthIndicatorService(), options);
  const open = (name = 'payments') => registry.get(name).acquire().fail(new Error('secret: 42'));
  return { clock, registry, payments, health, open };
}

describe('by default', () => {
  it('the answer is up, with details of every breaker', () => {
    const { health, registry, clock } = aHealth();
    registry.get('inventory').acquire().fail(new Error('down'));
    expect(health.check()).toEqual({
      circuit_breakers: {
        status: 'up',
        breakers: {
          payments: {
            state: 'closed',
            changedAt: clock.wallNow(),
            retryAfterMs: null,
            failureRate: 0,
            totalCount: 0,
          },
          inventory: {
            state: 'closed',
            changedAt: clock.wallNow(),
            retryAfterMs: null,
            failureRate: 1,
            totalCount: 1,
          },
        },
        failing: [],
      },
    });
  });

  it('the answer is up though every circuit is open', () => {
    const { health, open, payments } = aHealth();
    open();
    expect(health.check('breakers').breakers).toMatchObject({
      status: 'up',
      breakers: { payments: { state: 'open', retryAfterMs: 1000 } },
    });
    payments.forceOpen();
    expect(health.check('breakers').breakers.status).toBe('up');
  });

  it('the answer shows no text of errors or operators: such endpoints are often public', () => {
    const { health, open, payments } = aHealth();
    open();
    payments.forceOpen({ reason: 'secret: 43' });
    expect(JSON.stringify(health.check())).not.toContain('secret');
  });

  it('the answer is plain JSON', () => {
    const { health } = aHealth();
    expect(JSON.parse(JSON.stringify(health.check()))).toEqual(health.check());
  });

  it('without breakers the answer is up', () => {
    const health = new FluxgateHealthIndicator(new BreakerRegistry(), new HealthIndicatorService());
    expect(health.check('key')).toEqual({ key: { status: 'up', breakers: {}, failing: [] } });
  });
});

describe('failOn', () => {
  it('makes the answer down while that breaker is open, and names it', () => {
    const { health, open } = aHealth();
    expect(health.check('key', MUST_FAIL).key).toMatchObject({ status: 'up', failing: [] });
    open();
    expect(health.check('key', MUST_FAIL).key).toMatchObject({ status: 'down', failing: ['payments'] });
  });

  it('says nothing of the other breakers', () => {
    const { health, registry } = aHealth();
    registry.get('inventory').forceOpen();
    expect(health.check('key', MUST_FAIL).key.status).toBe('up');
  });

  it('says nothing of the other states', () => {
    const { health, payments, open } = aHealth({ breakers: { payments: { failOn: ['forced_open'] } } });
    open();
    expect(health.check('key').key.status).toBe('up');
    payments.forceOpen();
    expect(health.check('key').key.status).toBe('down');
    payments.disable();
    expect(health.check('key').key.status).toBe('up');
    payments.metricsOnly();
    expect(health.check('key').key.status).toBe('up');
  });

  it('ends with the wait: without traffic there is no probe, and the circuit would stay open for ever', () => {
    const { health, open, clock, payments } = aHealth(MUST_FAIL);
    open();
    clock.advance(999);
    expect(health.check('key').key.status).toBe('down');
    clock.advance(1);
    expect(payments.state).toBe('open');
    expect(health.check('key').key).toMatchObject({
      status: 'up',
      breakers: { payments: { state: 'open', retryAfterMs: 0 } },
    });
    payments.acquire();
    expect(payments.state).toBe('half_open');
    expect(health.check('key').key.status).toBe('up');
  });

  it('lasts as long as an operator holds the circuit open', () => {
    const { health, payments, clock } = aHealth(MUST_FAIL);
    payments.forceOpen();
    clock.advance(86_400_000);
    expect(health.check('key').key.status).toBe('down');
    payments.reset();
    payments.forceOpen({ forMs: 5000 });
    expect(health.check('key').key.status).toBe('down');
    clock.advance(5000);
    expect(health.check('key').key.status).toBe('up');
  });

  it('of a check goes instead of that of the module', () => {
    const { health, open } = aHealth(MUST_FAIL);
    open();
    expect(health.check('key').key.status).toBe('down');
    expect(health.check('key', {}).key.status).toBe('up');
  });
});

describe('only', () => {
  it('leaves the other breakers out', () => {
    const { health, open } = aHealth();
    open();
    const { key } = health.check('key', { ...MUST_FAIL, only: ['inventory', 'inventory'] });
    expect(key.status).toBe('up');
    expect(Object.keys(key.breakers)).toEqual(['inventory']);
  });
});

describe('a breaker', () => {
  it.each(['status', '__proto__', 'constructor', 'toString'])(
    'may be called %s: terminus keeps the key "status" of the details for itself',
    (name) => {
      const { health, registry } = aHealth();
      registry.create(name).forceOpen();
      const { key } = health.check('key', { only: [name] });
      expect(key.status).toBe('up');
      expect(JSON.stringify(key.breakers)).toContain(`{"${name}":{"state":"forced_open"`);
      const must = {
        only: [name],
        breakers: Object.fromEntries([[name, { failOn: ['forced_open' as const] }]]),
      };
      expect(health.check('key', must).key.status).toBe('down');
    },
  );
});

const WRONG: readonly (readonly [options: unknown, problem: string])[] = [
  [null, 'options must be an options object, got null.'],
  [{ failOn: ['open'] }, 'options.failOn is not an option. Options: only, breakers.'],
  [{ only: 'payments' }, 'only must be an array of breaker names, got "payments".'],
  [{ only: [1] }, 'only must be an array of breaker names, got an array of 1.'],
  [{ breakers: ['payments'] }, 'breakers must be an object of options by breaker name, got an array of 1.'],
  [{ breakers: null }, 'breakers must be an object of options by breaker name, got null.'],
  [
    { breakers: { payments: ['open'] } },
    'breakers.payments: options must be an options object, got an array of 1.',
  ],
  [
    { breakers: { payments: { failon: [] } } },
    'breakers.payments: options.failon is not an option. Did you mean failOn?',
  ],
  [
    { breakers: { payments: { failOn: 'open' } } },
    "breakers.payments: failOn must be an array of 'open' and 'forced_open', got \"open\".",
  ],
  [
    { breakers: { payments: { failOn: ['opened'] } } },
    "breakers.payments: failOn must be an array of 'open' and 'forced_open', got \"opened\" in it.",
  ],
  [
    { breakers: { payments: { failOn: ['half_open'] } } },
    "breakers.payments: failOn must be an array of 'open' and 'forced_open', got \"half_open\" in it. " +
      'A half-open circuit needs traffic to close, and a pod that is down gets none.',
  ],
];

describe('options', () => {
  it.each(WRONG)('%j are refused', (options, problem) => {
    const { health } = aHealth();
    expect(() => FluxgateTerminusModule.forRoot(options as never)).toThrow(
      `FluxgateTerminusModule.forRoot: ${problem}`,
    );
    expect(() => health.check('key', options as never)).toThrow(`FluxgateHealthIndicator.check: ${problem}`);
    expect(() => aHealth(options as never)).toThrow(`FluxgateHealthIndicator: ${problem}`);
  });

  it('that name breakers that are not there are refused, all together, with the nearest name', () => {
    const { health } = aHealth();
    const options = { only: ['paymnts'], breakers: { zzz: {} } };
    const error = thrown(() => health.check('key', options)) as FluxgateConfigError;
    expect(error).toBeInstanceOf(FluxgateConfigError);
    expect(error.problems).toEqual([
      'only: no circuit breaker is called "paymnts". Did you mean "payments"? Registered: "payments", "inventory".',
      'breakers: no circuit breaker is called "zzz". Registered: "payments", "inventory".',
    ]);
  });

  it('that name a breaker where there is none say so', () => {
    const health = new FluxgateHealthIndicator(new BreakerRegistry(), new HealthIndicatorService());
    expect(() => health.check('key', { only: ['a'] })).toThrow('Registered: none.');
  });
});

describe('names of breakers that were there', () => {
  it('are remembered, a thousand of them: those that are asked for go last', () => {
    const { health, registry } = aHealth();
    const ask = (...only: string[]): unknown => health.check('circuit_breakers', { only });
    for (let i = 0; i < 1200; i++) {
      registry.create(`tenant-${i}`);
      ask('tenant-0', `tenant-${i}`);
      if (i > 0) registry.remove(`tenant-${i}`);
    }
    registry.remove('tenant-0');
    expect(ask('tenant-0', 'tenant-1199')).toMatchObject({ circuit_breakers: { breakers: {} } });
    expect(thrown(() => ask('tenant-1'))).toBeInstanceOf(FluxgateConfigError);
  });

  it('are all looked for, however many there are in the options', () => {
    const { health, registry } = aHealth();
    const only = Array.from({ length: 1500 }, (_, i) => `tenant-${i}`);
    for (const name of only) registry.create(name);
    for (let i = 0; i < 2; i++) {
      const { breakers } = health.check('circuit_breakers', { only }).circuit_breakers;
      expect(Object.keys(breakers)).toHaveLength(1500 * (1 - i));
      for (const name of only) registry.remove(name);
    }
  });
});
