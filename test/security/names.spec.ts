import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Breaker,
  BreakerRegistry,
  CircuitBreaker,
  FailureStreak,
  FluxgateModule,
  getBreakerToken,
  InjectBreaker,
  LoggerListener,
} from 'nestjs-fluxgate';
import { bindPrometheus } from 'nestjs-fluxgate/prometheus';
import { FluxgateHealthIndicator } from 'nestjs-fluxgate/terminus';
import { Registry } from 'prom-client';

import { closeAll, startBare } from '../nest/apps.js';
import { thrown } from '../support/async.js';
import { bad } from '../support/breaker.js';
import { EVIL_TEXT, isOneLine } from './hostile.js';

afterEach(closeAll);

/** Names with a meaning to JavaScript, to regular expressions, to formats: here they mean nothing. */
const ODD = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'status',
  '0',
  '-1',
  'NaN',
  '%s %d %j',
  '$& $1 ${name} {{name}}',
  '"quoted" \\ back',
  `'; DROP TABLE breakers; --`,
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '.*+?^()[]|',
  '🧨🔥👩‍👩‍👧‍👦',
  'İstanbul ß ﬀ',
  'x'.repeat(256),
] as const;

/** Names nobody can read, and that would fake lines of a log. */
const REFUSED: readonly (readonly [string, unknown])[] = [
  ['10 kB', 'x'.repeat(10_240)],
  ['10 MB', 'x\n'.repeat(5_000_000)],
  ['line breaks', 'a\r\n[Nest] fake'],
  ['a terminal sequence', '\u001b[2J'],
  ['a NUL', 'a\0b'],
  ['C1 controls', 'a\u0085b'],
  ['separators of lines and paragraphs', 'a\u2028b\u2029c'],
  ['a mark that turns the reading direction', 'a\u202eb'],
  ['nothing but spaces', '   '],
  ['nothing', ''],
  ['a symbol', Symbol('shop')],
  ['an array', ['shop']],
  ['an object that calls itself so', { toString: () => 'shop' }],
  ['a proxy', new Proxy({}, {})],
];

const own = Object.getOwnPropertyNames(Object.prototype).sort().join();

describe.each(ODD)('a breaker called %j', (name) => {
  it('is kept, found, listed and removed by a registry like any other', () => {
    const registry = new BreakerRegistry();
    expect(registry.find(name)).toBeUndefined();
    expect(() => registry.get(name)).toThrow('no circuit breaker is called');
    const breaker = registry.create(name);
    expect([registry.get(name), registry.find(name), registry.list()]).toEqual([breaker, breaker, [breaker]]);
    expect(registry.names()).toEqual([name]);
    expect(thrown(() => registry.create(name))).toMatchObject({ code: 'FLUXGATE_CONFIG' });
    expect(registry.find('shop')).toBeUndefined();
    expect([registry.remove(name), registry.remove(name), registry.names()]).toEqual([true, false, []]);
  });

  it('has its name, letter by letter, in snapshots, signals and errors; texts stay one line', () => {
    const lines: string[] = [];
    const write = (line: string): number => lines.push(line);
    const names: string[] = [];
    const breaker = new Breaker(name, {
      tripper: FailureStreak(1),
      listeners: [
        new LoggerListener({ log: write, warn: write, error: write }),
        { onTransition: (signal) => names.push(signal.breaker) },
      ],
    });
    bad(breaker);
    const error = thrown(() => breaker.acquire()) as Error & { breaker: string };
    expect([breaker.name, breaker.snapshot().name, error.breaker, ...names]).toEqual([
      name,
      name,
      name,
      name,
    ]);
    expect((JSON.parse(JSON.stringify(breaker)) as { name: string }).name).toBe(name);
    expect(error.message).toContain(name);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${name}: closed → open`);
    // The tree of the rule stands below the line of the opening, in the same entry.
    const [line, ...tree] = lines[0]!.split('\n');
    expect(tree).toEqual([expect.stringMatching(/^ {2}FailureStreak \d ≥ \d ✓$/)]);
    expect([error.message, line!].every((text) => isOneLine(text) && text.length < 1000)).toBe(true);
  });

  it('is one series of Prometheus, and one detail of a health check', async () => {
    const breakers = new BreakerRegistry();
    for (const one of [name, 'beside']) breakers.create(one);
    const registry = new Registry();
    await bindPrometheus(breakers, { registry });
    const escaped = name.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`);
    expect((await registry.metrics()).split('\n')).toContain(
      `fluxgate_state{breaker="${escaped}",state="closed"} 1`,
    );
    const health = new FluxgateHealthIndicator(breakers, new HealthIndicatorService());
    const { breakers: details } = health.check('key').key as { breakers: object };
    expect(Object.keys(JSON.parse(JSON.stringify(details)) as object).sort()).toEqual(
      ['beside', name].sort(),
    );
  });

  it('is configured, injected and used by decorators like any other', async () => {
    @Injectable()
    class Shop {
      constructor(@InjectBreaker(name) readonly breaker: Breaker) {}

      @CircuitBreaker(name)
      buy(): string {
        return 'bought';
      }
    }
    const app = await startBare({
      imports: [
        FluxgateModule.forRoot({
          // Not a literal: there `__proto__` would be the prototype.
          breakers: Object.fromEntries([[name, { timeoutMs: 77 }]]),
          logger: false,
        }),
      ],
      providers: [Shop],
    });
    const shop = app.get(Shop);
    expect(shop.buy()).toBe('bought');
    expect(shop.breaker).toBe(app.get(getBreakerToken(name)));
    expect([shop.breaker.timeoutMs, shop.breaker.snapshot().calls.success]).toEqual([77, 1]);
  });
});

describe.each(REFUSED)('a name of %s', (_, given) => {
  const name = given as string;
  it.each<[string, () => unknown]>([
    ['Breaker', () => new Breaker(name)],
    ['registry.create', () => new BreakerRegistry().create(name)],
    ['@CircuitBreaker', () => CircuitBreaker(name, {})],
    ['@InjectBreaker', () => InjectBreaker(name)],
    ['forRootAsync', () => FluxgateModule.forRootAsync({ names: [name], useFactory: () => ({}) })],
    ...(typeof given === 'string'
      ? ([
          ['@CircuitBreaker with options', () => CircuitBreaker({ breaker: name })],
          ['forRoot', () => FluxgateModule.forRoot({ breakers: { [name]: {} } })],
          [
            'forRoot, with options that are wrong too',
            () => FluxgateModule.forRoot({ breakers: { [name]: { timeoutMs: -1 } } }),
          ],
          ['forFeature', () => FluxgateModule.forFeature({ breakers: { [name]: { timeoutMs: -1 } } })],
          [
            'forFeature, for a tracker',
            () => FluxgateModule.forFeature({ trackers: { [name]: 1 as never } }),
          ],
        ] satisfies [string, () => unknown][])
      : []),
  ])('is refused by %s, shortly and on lines of our own', (_door, make) => {
    const { message } = thrown(make) as Error;
    const lines = message.split('\n');
    expect(lines.every((line, i) => isOneLine(line) && (i === 0 || line.startsWith('  - ')))).toBe(true);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(message.length).toBeLessThan(2000);
  });

  it('can be asked for, and is not there', () => {
    const registry = new BreakerRegistry();
    registry.create('shop');
    expect(registry.find(name)).toBeUndefined();
    expect(registry.remove(name)).toBe(false);
    const { message } = thrown(() => registry.get(name)) as Error;
    expect(message).toContain('no circuit breaker is called');
    expect([isOneLine(message), message.length < 1000]).toEqual([true, true]);
  });
});

describe('a name that is not there', () => {
  it('is answered shortly, however many there are', () => {
    const registry = new BreakerRegistry();
    for (let i = 0; i < 2000; i++) registry.create(`tenant-${i}-${'x'.repeat(200)}`);
    const { message } = thrown(() => registry.get('tenant')) as Error;
    expect(message.length).toBeLessThan(10_000);
    expect(message).toMatch(/and 1980 more/);
  });

  it.each([
    Object.create(null),
    {
      toString: () => {
        throw new Error('no text');
      },
    },
    Symbol(EVIL_TEXT),
  ])('may be anything: %#', (name) => {
    const { message } = thrown(() => new BreakerRegistry().get(name as string)) as Error;
    expect(message).toContain('no circuit breaker is called');
    expect(isOneLine(message)).toBe(true);
  });
});

describe('nothing of this', () => {
  it('has touched Object.prototype', () => {
    const parsed = JSON.parse('{"__proto__": {"timeoutMs": 7, "polluted": true}}') as object;
    new BreakerRegistry().create('shop', {});
    expect(() => FluxgateModule.forRoot(parsed)).toThrow('options.__proto__ is not an option');
    expect(() => new Breaker('shop', parsed)).toThrow('options.__proto__ is not an option');
    expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(own);
    expect('polluted' in {}).toBe(false);
  });
});
