import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  Backoff,
  Breaker,
  CallNotPermittedException,
  Cooldown,
  FailureStreak,
  minutes,
  ResponseStatusIn,
  seconds,
  ServerRetryAfter,
  type RetryContext,
} from '../../../lib/core/index.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { aBreaker, aHalfOpen, bad } from '../../support/breaker.js';
import { HOSTILE } from '../trackers/hostile.js';
import { at } from './context.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const otherwise = Cooldown(1234);
const retry = ServerRetryAfter({ otherwise, maxMs: minutes(10), jitter: 0 });

const waitAfter = (lastError: unknown, context: Partial<RetryContext> = {}): number =>
  retry.waitMs({ ...at(0), wallNow: NOW, lastError, ...context });

const waitBy = (headers: Record<string, string>): number => waitAfter({ headers });

const isCalled = (fn: unknown): boolean => {
  try {
    return (fn as () => unknown)() === 503;
  } catch {
    return false;
  }
};

const httpDate = (ms: number): string => new Date(NOW + ms).toUTCString();

describe('the wait that a server asks for', () => {
  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['seconds with a fraction', { 'retry-after': ' 0.5 ' }, 500],
    ['a date', { 'retry-after': httpDate(9000) }, 9000],
    ['a date of old servers', { 'retry-after': 'Monday, 30-Nov-26 12:00:09 GMT' }, 9000],
    ['a date of the oldest ones', { 'retry-after': 'Mon Nov 30 12:00:09 2026' }, 9000],
    ['a date of another kind', { 'retry-after': '2026-11-30T13:00:09+01:00' }, 9000],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1500],
    ['milliseconds before seconds', { 'retry-after': '2', 'retry-after-ms': '1500' }, 1500],
    ['any case', { 'RETRY-After': '7' }, 7000],
    ['the reset of a quota', { 'ratelimit-reset': '30' }, 30_000],
    ['that of a quota that is used up', { 'ratelimit-reset': '30', 'ratelimit-remaining': '0' }, 30_000],
    ['an instant as a reset', { 'ratelimit-reset': String(NOW / 1000 + 30) }, 30_000],
    ['Retry-After before a reset', { 'ratelimit-reset': '30', 'retry-after': '7' }, 7000],
    ['a quota policy', { ratelimit: '"default";r=0;t=40' }, 40_000],
    [
      'the policy that is used up',
      { ratelimit: '"burst";r=5;t=99, "day";r=0;t=40, "hour";r=0;t=20' },
      40_000,
    ],
    ['a policy of older drafts', { ratelimit: 'limit=100, remaining=0, reset=50' }, 50_000],
  ])('may be %s', (_, headers, expected) => {
    expect(waitBy(headers)).toBe(expected);
  });

  it.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['no wait at all', { 'retry-after': '0' }],
    ['a date that is over', { 'retry-after': httpDate(-1000) }],
    ['a negative number', { 'retry-after': '-7' }],
    ['a word', { 'retry-after': 'soon' }],
    ['a word with a number, of which V8 makes a date', { 'retry-after': 'try 2030' }],
    ['a date that is none', { 'retry-after': 'Mon, 99 Nov 2026 12:00:09 GMT' }],
    ['an exponent', { 'retry-after': '1e3' }],
    ['a text without an end', { 'retry-after': '7'.repeat(10_000) }],
    ['a quota that has something left', { 'ratelimit-reset': '30', 'ratelimit-remaining': '3' }],
    ['a policy that has something left', { ratelimit: '"default";r=3;t=40' }],
    ['an older policy that has something left', { ratelimit: 'limit=9, remaining=3, reset=50' }],
    ['a policy that says nothing', { ratelimit: 'unlimited' }],
    ['an unknown header', { 'x-retry': '7' }],
  ])('is left to the other retry where there is %s', (_, headers) => {
    expect(waitBy(headers)).toBe(1234);
  });

  it('is that of the next header where the first asks for none', () => {
    expect(waitBy({ 'retry-after-ms': '0', 'retry-after': '0', 'ratelimit-reset': '30' })).toBe(30_000);
  });
});

describe('headers', () => {
  const plain = { 'retry-after': '7' };
  const metadata = { get: (name: string) => (name === 'retry-after' ? ['7'] : []) };

  it.each<[string, unknown]>([
    ['a Headers object (openai, anthropic)', { headers: new Headers(plain) }],
    ['a Response that was thrown', new Response('', { status: 503, headers: plain })],
    ['the response of an error (ky, gaxios)', { response: new Response('', { headers: plain }) }],
    ['headers of axios', { response: { headers: { 'Retry-After': '7', get: metadata.get } } }],
    ['an object (got, octokit, stripe)', { response: { headers: plain } }],
    ['the response of an AWS SDK', { $response: { headers: plain } }],
    ['rawResponse (mistral, cohere)', { rawResponse: { headers: new Headers(plain) } }],
    ['responseHeaders below lastError (ai)', { lastError: { responseHeaders: plain } }],
    ['one of several errors', new AggregateError([new Error('x'), { headers: plain }])],
    ['a cause', new Error('wrapped', { cause: new Error('again', { cause: { headers: plain } }) })],
    ['meta (elasticsearch)', { meta: { headers: plain } }],
    ['details (azure)', { details: plain }],
    ['metadata of connect', { metadata: new Headers(plain) }],
    ['metadata of gRPC', { metadata }],
    ['the answer that axios keeps as request over HTTP/2', { request: { headers: plain } }],
    ['the error of a result', { error: { headers: plain } }],
    ['pairs', { headers: [['Server', 'x'], ['Retry-After', '7']] }],
    ['a flat list', { headers: ['Server', 'x', 'Retry-After', '7'] }],
    ['a Map', { headers: new Map([['Retry-After', '7']]) }],
    ['a header that came twice', { headers: { 'retry-after': ['7', '9'] } }],
    ['a number', { headers: { 'retry-after': 7 } }],
    ['an object with another get', { headers: { get: () => undefined, 'retry-after': '7' } }],
    ['an object without prototype', { headers: Object.assign(Object.create(null) as object, plain) }],
    ['a field of its own (slack)', { retryAfter: 7 }],
    ['a field of its own (qdrant)', { retry_after: 7 }],
    ['the rejection of another breaker', { retryAfterMs: 7000 }],
    ['a function with headers', Object.assign(() => 1, { headers: plain })],
  ])('are found in %s', (_, failure) => {
    expect(waitAfter(failure)).toBe(7000);
    expect(waitAfter(undefined, { lastResult: failure })).toBe(7000);
  }); // prettier-ignore

  it('of the nearest answer count', () => {
    const cause = { headers: { 'retry-after': '9' } };
    expect(waitAfter({ cause, response: { headers: { 'retry-after': '7' } } })).toBe(7000);
    expect(waitAfter({ cause, headers: plain })).toBe(7000);
  });

  it.each(HOSTILE)('are none of what cannot be read: %s', (_, value) => {
    expect(waitAfter(value)).toBe(1234);
    expect(waitAfter({ headers: value, response: value, cause: value, errors: value })).toBe(1234);
    expect(waitAfter({ headers: { 'retry-after': value } })).toBe(value === 503 ? 503_000 : 1234);
    expect(waitAfter({ headers: { get: value } })).toBe(isCalled(value) ? 503 : 1234);
    expect(waitAfter({ headers: [value, [value, value]] })).toBe(1234);
    expect(waitAfter({ headers: new Map([[value, value]]) })).toBe(1234);
  });

  it('are read once', () => {
    const reads: string[] = [];
    const watched = (value: object, name: string): object =>
      new Proxy(value, {
        get(target, key, receiver) {
          reads.push(`${name}.${String(key)}`);
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
    const error: Record<string, unknown> = { response: watched({}, 'response') };
    error['headers'] = watched({ 'retry-after': '0', server: 'x' }, 'headers');
    error['cause'] = watched(error, 'cause');
    error['errors'] = [error['response'], error['cause']];
    expect(waitAfter(watched(error, 'error'))).toBe(1234);
    expect(reads).toContain('headers.retry-after');
    expect(reads).not.toContain('headers.server');
    expect(reads).toEqual([...new Set(reads)]);
  });

  it('of made-up failures have an end', () => {
    const below = (depth: number): object =>
      depth === 0 ? { headers: plain } : { cause: below(depth - 1), error: { err: { raw: {} } } };
    expect(waitAfter(below(3))).toBe(7000);
    expect(waitAfter(below(1000))).toBe(1234);
    let count = 0;
    const endless: object = new Proxy({}, { get: () => (count++, endless) });
    let made = 0;
    const growing = (): object => new Proxy({}, { get: () => (made++, growing()) });
    expect([waitAfter(endless), waitAfter(growing())]).toEqual([1234, 1234]);
    expect(count).toBeLessThan(100);
    expect(made).toBeLessThan(2000);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, '7']));
    expect(waitAfter({ headers: { ...many, ...plain } })).toBe(1234);
    expect(waitAfter({ headers: new Map(Object.entries({ ...many, ...plain })) })).toBe(1234);
    expect(waitAfter({ headers: Object.entries({ ...many, ...plain }) })).toBe(1234);
  });
});

describe('ServerRetryAfter', () => {
  it('never waits less than the server asks, nor longer than the jitter and maxMs allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (askedMs, maxMs, jitter, drawn) => {
          const waitMs = ServerRetryAfter({ otherwise, maxMs, jitter }).waitMs({
            ...at(0, () => drawn),
            lastError: { headers: { 'retry-after-ms': askedMs } },
          });
          expect(waitMs).toBeGreaterThanOrEqual(Math.min(askedMs, maxMs));
          expect(waitMs).toBeLessThanOrEqual(Math.min(askedMs * (1 + jitter), maxMs));
        },
      ),
    );
  });

  it('strays upward by up to a tenth unless told otherwise', () => {
    const waits = [0, 0.5, 0.999].map((drawn) =>
      ServerRetryAfter({ otherwise, maxMs: minutes(10) }).waitMs({
        ...at(0, () => drawn),
        lastError: { headers: { 'retry-after': '10' } },
      }),
    );
    expect(waits).toEqual([10_000, 10_500, expect.closeTo(10_999, 0)]);
  });

  it('asks the other retry with all that it was given', () => {
    const given: RetryContext[] = [];
    const own = ServerRetryAfter({ otherwise: (context) => given.push(context), maxMs: 1000 });
    const context = { ...at(3), lastError: new Error('down') };
    expect(own.waitMs(context)).toBe(1);
    expect(given[0]).toBe(context);
    const limited = ServerRetryAfter({ otherwise: Backoff({ initialMs: 1000 }), maxMs: 10 });
    expect(limited.waitMs(at(2))).toBe(4000);
  });

  it('reads dates by no clock where it is given none', () => {
    const lastError = { headers: { 'retry-after': httpDate(9000) } };
    expect(waitAfter(lastError, { wallNow: undefined as never })).toBe(1234);
  });

  it('reads like the code that made it', () => {
    expect(String(retry)).toBe(
      'ServerRetryAfter({ otherwise: Cooldown(1234 ms), maxMs: 600000 ms, jitter: 0 })',
    );
    const shortest = ServerRetryAfter({ otherwise: Backoff({ initialMs: 1000 }), maxMs: 5000 });
    expect(String(shortest)).toBe(
      'ServerRetryAfter({ otherwise: Backoff({ initialMs: 1000 }), maxMs: 5000 ms })',
    );
  });

  it.each<[unknown, RegExp]>([
    [{ maxMs: 1000 }, /otherwise: a retry must be a retry of this package/],
    [{ otherwise: Backoff, maxMs: 1000 }, /otherwise: .* Call it: Backoff\(…\)\./],
    [{ otherwise: Cooldown(-1), maxMs: 1000 }, /otherwise: Cooldown\(-1 ms\): ms must be/],
    [{ otherwise }, /maxMs must be a finite number of milliseconds > 0, got undefined\./],
    [{ otherwise, maxMs: Infinity }, /maxMs must be/],
    [{ otherwise, maxMs: 1000, jitter: 10 }, /jitter must be in \[0, 1\), got 10\. Did you mean 0\.1\?/],
    [{ otherwise, maxMS: 1000 }, /options\.maxMS is not an option\. Did you mean maxMs\?/],
    [undefined, /options must be an options object, got undefined\./],
  ])('refuses %p', (options, problem) => {
    const made = ServerRetryAfter(options as never);
    expect(made.problems.join('\n')).toMatch(problem);
    expect(() => made.waitMs(at(0))).toThrow(RangeError);
    expect(() => new Breaker('api', { retry: made })).toThrow(problem);
  });

  it('has to be called', () => {
    expect(() => new Breaker('api', { retry: ServerRetryAfter as never })).toThrow(
      /Call it: ServerRetryAfter/,
    );
  });
});

describe('a breaker that waits as long as the server asks', () => {
  const options = {
    tripper: FailureStreak(1),
    retry: ServerRetryAfter({ otherwise: Cooldown(seconds(60)), maxMs: seconds(30), jitter: 0 }),
  };
  const busy = (after: string): object => ({ status: 429, headers: { 'retry-after': after } });

  it('shows how long, and where that comes from', () => {
    const { breaker, signals } = aBreaker(options);
    bad(breaker, 1, busy('7'));
    expect(breaker.snapshot()).toMatchObject({ retryAfterMs: 7000, waitSource: 'Retry-After: 7' });
    expect(signals.of('transition')[0]).toMatchObject({ to: 'open', waitSource: 'Retry-After: 7' });
  });

  it.each<[string, object, string | undefined]>([
    ['cut', busy('7200'), 'Retry-After: 7200 (cut to 30000 ms)'],
    ['of a policy', { headers: { ratelimit: '"user-7";r=0;t=9' } }, 'RateLimit: t=9'],
    ['of the other retry', {}, undefined],
  ])('says so of a wait that is %s', (_, failure, waitSource) => {
    const { breaker, signals } = aBreaker(options);
    bad(breaker, 1, failure);
    expect(breaker.snapshot().waitSource).toBe(waitSource);
    expect('waitSource' in breaker.snapshot()).toBe(waitSource !== undefined);
    expect('waitSource' in signals.of('transition')[0]!).toBe(waitSource !== undefined);
  });

  it('says so only while it is open', () => {
    const { breaker, clock } = aBreaker(options);
    bad(breaker, 1, busy('7'));
    clock.advance(7000);
    breaker.acquire().succeed();
    expect(breaker.snapshot()).not.toHaveProperty('waitSource');
  });

  it('takes it from a returned answer too, and from no error then', async () => {
    const given: RetryContext[] = [];
    const watching = {
      waitMs: (context: RetryContext) => (given.push(context), options.retry.waitMs(context)),
    };
    const trackResult = ResponseStatusIn(429);
    const answer = busy('7');
    for (const more of [{}, { timeoutMs: 1000 }]) {
      const { breaker } = aBreaker({ ...options, ...more, retry: watching, trackResult });
      expect(await breaker.execute(async () => answer)).toBe(answer);
      expect(breaker.snapshot()).toMatchObject({ retryAfterMs: 7000, waitSource: 'Retry-After: 7' });
    }
    expect(given.map(({ lastResult }) => lastResult)).toEqual([answer, answer]);
    expect(given[0]!.lastResult).toBe(answer);
    expect(given[0]!.lastError).toBeUndefined();
  });

  it('takes it from a probe that failed, error or answer', () => {
    const { breaker, first, clock } = aHalfOpen({ ...options, trackResult: ResponseStatusIn(429) });
    first.succeed(busy('5'));
    expect(breaker.snapshot().retryAfterMs).toBe(5000);
    clock.advance(5000);
    breaker.acquire().fail(busy('6'));
    expect(breaker.snapshot().retryAfterMs).toBe(6000);
  });

  it('gives no result to a retry where an error opens, and keeps none', () => {
    const given: unknown[] = [];
    const { breaker, clock } = aBreaker({
      tripper: FailureStreak(2),
      retry: ({ lastResult }) => given.push(lastResult),
      trackResult: ResponseStatusIn(429),
    });
    breaker.acquire().succeed(busy('7'));
    breaker.acquire().fail(new Error('down'));
    clock.advance(1000);
    expect(breaker.state).toBe('open');
    expect(given).toEqual([undefined]);
  });

  it('reads a date by the wall clock', () => {
    const clock = new ManualClock();
    const breaker = new Breaker('api', options, { clock });
    clock.advance(5000);
    bad(breaker, 1, busy(new Date(Math.ceil(clock.wallNow() / 1000) * 1000 + 9000).toUTCString()));
    const { retryAfterMs } = breaker.snapshot();
    expect(Math.abs(retryAfterMs! - 9000)).toBeLessThanOrEqual(1000);
  });

  it('goes on with it after a restart', () => {
    const { breaker, clock } = aBreaker(options);
    bad(breaker, 1, busy('7'));
    const snapshot = JSON.parse(JSON.stringify(breaker.snapshot({ window: true }))) as never;
    const restored = Breaker.restore(snapshot, options, { clock });
    expect(restored.snapshot()).toMatchObject({ retryAfterMs: 7000, waitSource: 'Retry-After: 7' });
    const wrong = { ...(snapshot as object), waitSource: 7 } as never;
    expect(() => Breaker.restore(wrong, options, { clock })).toThrow(/waitSource must be a text or left out/);
  });

  it('takes the wait that a rejection of another breaker tells', () => {
    const inner = aBreaker(options);
    bad(inner.breaker, 1, busy('7'));
    let rejection: unknown;
    try {
      inner.breaker.acquire();
    } catch (error) {
      rejection = error;
    }
    expect(rejection).toBeInstanceOf(CallNotPermittedException);
    const outer = new Breaker('outer', options, { clock: inner.clock });
    bad(outer, 1, rejection);
    expect(outer.snapshot()).toMatchObject({ retryAfterMs: 7000, waitSource: 'retryAfterMs: 7000' });
  });
});

describe('a retry of the user', () => {
  it('may say where its wait comes from', () => {
    const retry = ({ explain }: RetryContext): number => (explain?.('the tide\ntable'), 5000);
    const { breaker } = aBreaker({ tripper: FailureStreak(1), retry });
    bad(breaker);
    expect(breaker.snapshot()).toMatchObject({ retryAfterMs: 5000, waitSource: 'the tide table' });
  });

  it.each<[string, (context: RetryContext) => number]>([
    ['explains with no text', ({ explain }) => (explain!(7 as never), 5000)],
    ['fails afterwards', ({ explain }) => (explain!('the tide'), NaN)],
  ])('that %s is at fault: the wait is a minute, and nothing explains it', (_, retry) => {
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(1), retry });
    bad(breaker);
    expect(breaker.snapshot().retryAfterMs).toBe(60_000);
    expect(breaker.snapshot()).not.toHaveProperty('waitSource');
    expect(signals.of('fault')).toHaveLength(1);
  });
});
