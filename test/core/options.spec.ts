import { describe, expect, it } from '@jest/globals';

import {
  Breaker,
  CountWindow,
  FailureRate,
  FluxgateConfigError,
  HalfOpened,
  MinRequests,
  Random,
  TimeWindow,
  Tripper,
  type BreakerOptions,
} from '../../lib/core/index.js';
import { thrown } from '../support/async.js';
import { aBreaker, knock } from '../support/breaker.js';

const make = (options: unknown): Breaker => new Breaker('payments', options as BreakerOptions);

function problemsOf(options: unknown): readonly string[] {
  const error = thrown(() => make(options));
  expect(error).toBeInstanceOf(FluxgateConfigError);
  return (error as FluxgateConfigError).problems;
}

const BAD_NUMBERS = [NaN, Infinity, -Infinity, -1, 0, null, '5', true, {}, [5], 5n];

describe('numbers', () => {
  it.each(BAD_NUMBERS)('refuse %p wherever a duration is wanted', (value) => {
    for (const key of ['maxHalfOpenMs', 'probeLeaseMs', 'timeoutMs']) {
      expect(problemsOf({ [key]: value })).toEqual([
        expect.stringMatching(new RegExp(`^${key} must be a finite number of milliseconds > 0, got .+\\.$`)),
      ]);
    }
  });

  it.each([...BAD_NUMBERS, 1.5, 2 ** 53])('refuse %p where a count is wanted', (value) => {
    expect(problemsOf({ maxHalfOpenCalls: value })).toEqual([
      expect.stringMatching(/^maxHalfOpenCalls must be a whole number ≥ 1, got .+\.$/),
    ]);
  });

  it("say that a limit is taken away by 'none', where Infinity was given", () => {
    for (const key of ['maxHalfOpenMs', 'timeoutMs']) {
      expect(problemsOf({ [key]: Infinity })).toEqual([
        `${key} must be a finite number of milliseconds > 0, got Infinity. Say 'none' for no limit.`,
      ]);
      expect(problemsOf({ [key]: -1 })).toEqual([
        `${key} must be a finite number of milliseconds > 0, got -1.`,
      ]);
    }
  });

  it('take fractions of a millisecond and the smallest count', () => {
    expect(() =>
      make({ timeoutMs: 0.5, probeLeaseMs: 0.1, maxHalfOpenMs: 1.5, maxHalfOpenCalls: 1 }),
    ).not.toThrow();
  });
});

describe('options', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'options must be an options object, got null.'],
    ['a number', 5, 'options must be an options object, got 5.'],
    ['a list', [], 'options must be an options object, got an array of 0.'],
    ['a function', () => ({}), 'options must be an options object, got a function.'],
    [
      'a mistyped key',
      { triper: FailureRate(0.5) },
      'options.triper is not an option. Did you mean tripper?',
    ],
    [
      'an unknown key',
      { zzz: 1 },
      'options.zzz is not an option. Options: window, tracker, ignore, tripper,',
    ],
    ['what is inherited in name only', { constructor: 1 }, 'options.constructor is not an option.'],
    [
      'a word that is none of two',
      { untracked: 'failure' },
      `untracked must be 'ignored' or 'success', got "failure".`,
    ],
    [
      'a truthy for a boolean',
      { rejectionStackTraces: 1 },
      'rejectionStackTraces must be true or false, got 1.',
    ],
    ['no function', { trackResult: 503 }, 'trackResult must be a function (value) => boolean, got 503.'],
    ['no list', { listeners: {} }, 'listeners must be an array of listeners, got an object (Object).'],
    ['no listener', { listeners: [{ onCall() {} }, 5] }, 'listeners[1] must be an object with any of'],
    ['a part called without its call', { tripper: HalfOpened }, 'tripper: '],
    ['null for a part', { window: null }, 'window: '],
    ['a class for a tracker', { tracker: TypeError }, 'For a class use TypeOf(TypeError).'],
    [
      'a window of nothing',
      { window: CountWindow(0) },
      'window: CountWindow(0): size must be a whole number ≥ 1, got 0.',
    ],
    [
      'a ratio in percent',
      { tripper: FailureRate(50) },
      'tripper: FailureRate(50): ratio must be in (0, 1], got 50. Did you mean 0.5?',
    ],
    ['a permit for nobody', { permit: Random(0) }, 'permit: Random(0): ratio must be in (0, 1], got 0.'],
    [
      'an initial state that is none',
      { initialState: 'open' },
      `initialState must be 'closed', 'metrics_only', 'disabled' or 'forced_open', got "open".`,
    ],
  ])('refuse %s', (_, options, text) => {
    expect(problemsOf(options).join('\n')).toContain(text);
  });

  it('tell everything that is wrong, at once, each with its path', () => {
    const error = thrown(() =>
      make({
        window: TimeWindow(NaN),
        tripper: FailureRate(50),
        timeoutMs: -1,
        maxHalfOpenCalls: 0,
        listeners: [null],
        foo: 1,
      }),
    ) as FluxgateConfigError;
    expect(error.problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
      'options.foo',
      'window',
      'tripper',
      'listeners[0]',
      'maxHalfOpenCalls',
      'timeoutMs',
    ]);
    expect(error.message).toBe(
      `Breaker "payments": 6 problems:\n${error.problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    expect(error).toMatchObject({ name: 'FluxgateConfigError', code: 'FLUXGATE_CONFIG' });
  });

  it('put one problem on one line', () => {
    expect(() => make({ timeoutMs: 0 })).toThrow(
      'Breaker "payments": timeoutMs must be a finite number of milliseconds > 0, got 0.',
    );
  });

  it('refuse a rule that can never be met', () => {
    expect(problemsOf({ tripper: HalfOpened().and(FailureRate(0.5)) })[0]).toContain(
      'can never be true while the circuit is closed',
    );
    expect(
      problemsOf({ window: CountWindow(10), tripper: MinRequests(20).and(FailureRate(0.5)) })[0],
    ).toMatch(/^tripper: .*needs more calls than the window holds \(10\)/);
  });

  it('refuse a default rule that their own window is too small for', () => {
    const error = thrown(
      () => new Breaker('a', { window: CountWindow(5) }, { defaults: { tripper: MinRequests(6) } }),
    );
    expect((error as FluxgateConfigError).problems).toHaveLength(1);
    expect(() => make({ window: CountWindow(50) })).toThrow('needs more calls than the window holds (50)');
  });

  it('refuse a part whose text cannot be read', () => {
    class Mute extends Tripper {
      isTripped(): boolean {
        return false;
      }
      override toString(): string {
        throw new Error('no words');
      }
    }
    expect(problemsOf({ tripper: new Mute() })).toEqual(['tripper: its toString() failed: Error: no words']);
  });

  it.each<[string, BreakerOptions]>([
    ['without a prototype', Object.assign(Object.create(null) as object, { timeoutMs: 50 })],
    ['frozen', Object.freeze({ timeoutMs: 50 })],
    [
      'with a getter',
      {
        get timeoutMs() {
          return 50;
        },
      },
    ],
    [
      'of a class',
      new (class {
        readonly timeoutMs = 50;
      })(),
    ],
    ['with undefined values', { timeoutMs: 50, tripper: undefined, window: undefined, untracked: undefined }],
  ])('may be an object %s', (_, options) => {
    expect(make(options).timeoutMs).toBe(50);
  });

  it('are read once and not changed', () => {
    let reads = 0;
    const options = Object.freeze({
      get maxHalfOpenCalls() {
        return ++reads;
      },
      listeners: Object.freeze([]),
    });
    const before = JSON.stringify(Object.keys(options));
    make(options);
    expect(reads).toBe(1);
    expect(JSON.stringify(Object.keys(options))).toBe(before);
  });

  it('do not follow later changes of what was given', () => {
    const options = { listeners: [] as object[], timeoutMs: 50 };
    const breaker = make(options);
    let heard = 0;
    options.timeoutMs = 1;
    options.listeners.push({ onTransition: () => heard++ });
    breaker.disable();
    expect([breaker.timeoutMs, heard]).toEqual([50, 0]);
  });

  it('are all there by default', () => {
    expect(new Breaker('a').snapshot().rules).toEqual({
      window: 'CountWindow(100)',
      tracker: 'All()',
      tripper:
        'Closed() & MinRequests(100) & FailureRate(0.5) | HalfOpened() & MinRequests(10) & FailureRate(0.5)',
      retry: 'Cooldown(60000 ms)',
      permit: 'RampUp(0.1, 1, 60000 ms)',
    });
  });
});

describe('untracked', () => {
  it.each(['ignored', 'success'] as const)('may be %s', (untracked) => {
    expect(() => aBreaker({ untracked })).not.toThrow();
  });
});

describe('the initial state', () => {
  it.each(['closed', 'metrics_only', 'disabled', 'forced_open'] as const)('may be %s', (initialState) => {
    const { breaker, signals } = aBreaker({ initialState });
    expect(breaker.state).toBe(initialState);
    expect(signals.signals).toEqual([]);
    breaker.reset();
    expect(breaker.state).toBe('closed');
  });

  it('forced_open says why, to callers as well', () => {
    const { breaker } = aBreaker({ initialState: 'forced_open' });
    expect((knock(breaker) as Error).message).toBe(
      'circuit breaker "payments" is forced open (forced open from the start)',
    );
  });
});
