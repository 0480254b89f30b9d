import { describe, expect, it } from '@jest/globals';

import { Breaker } from '../../lib/core/index.js';
import { thrown } from '../support/async.js';
import { aBreaker, bad } from '../support/breaker.js';

describe('a breaker of its own', () => {
  it('belongs to no group and has no key', () => {
    const breaker = new Breaker('payments');
    expect([breaker.group, breaker.key]).toEqual([undefined, undefined]);
  });
});

describe('a name', () => {
  it.each([
    ['', '""'],
    ['  ', '"  "'],
    ['a\nb', '"a\\\\nb"'],
    ['x'.repeat(257), '"x'],
    [undefined, 'undefined'],
    [7, '7'],
  ])('%j is refused', (name, shown) => {
    expect(() => new Breaker(name as never)).toThrow(
      new RegExp(`^Breaker: name must be a string of 1 to 256 printable characters, got ${shown}`),
    );
  });

  it.each(['a', 'Payments.status', 'zahlungen-ü', '支付', 'a b', 'x'.repeat(256)])('%j is taken', (name) => {
    expect(new Breaker(name).name).toBe(name);
  });
});

describe('call options', () => {
  it('are checked together', () => {
    const { breaker } = aBreaker();
    expect(
      thrown(() =>
        breaker.acquire({
          tracker: Error,
          trackResult: 1,
          fallback: 2,
          fallbackWhen: 3,
          signal: {},
          falback: 4,
        } as never),
      ),
    ).toMatchObject({
      problems: [
        'options.falback is not an option. Did you mean fallback?',
        expect.stringContaining('tracker: a tracker must be'),
        'trackResult must be a function (value) => boolean, got 1.',
        'fallback must be a function (error, ...args), got 2.',
        "fallbackWhen must be 'failure', 'rejected' or 'any', got 3.",
        'signal must be an AbortSignal, got an object (Object).',
      ],
    });
    expect(() => breaker.acquire(null as never)).toThrow('options must be an options object, got null.');
  });

  it.each([{ aborted: false }, { addEventListener: () => undefined }, 5, null])(
    'take %j for no signal',
    (signal) => {
      const { breaker } = aBreaker();
      expect(() => breaker.wrap(async () => 1, { signal } as never)).toThrow('signal must be an AbortSignal');
    },
  );

  it('may be empty', () => {
    const { breaker } = aBreaker();
    bad(breaker);
    expect(breaker.acquire({}).succeed()).toBe(true);
  });
});
