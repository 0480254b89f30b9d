import { describe, expect, it } from '@jest/globals';

import { BreakerNotFoundError } from '../../../lib/core/index.js';
import { messageOf, showError } from '../../../lib/core/base/error-text.js';
import { listed, oneLine, show } from '../../../lib/core/base/text.js';

const trapped = (): never => {
  throw new Error('trapped');
};

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const failure = (message: string, code: unknown, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });

describe('oneLine', () => {
  it.each([
    ['plain', 'plain'],
    ['a\r\nb\u001b[31m', 'a b [31m'],
    ['\u2028left\u202eright', ' left right'],
    ['ünïcödé 支付', 'ünïcödé 支付'],
  ])('makes one printable line of %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it('cuts what is too long, and says so', () => {
    expect(oneLine('x'.repeat(257))).toBe(`${'x'.repeat(255)}…`);
    expect(oneLine('x'.repeat(256))).toBe('x'.repeat(256));
    expect(oneLine('ab cd', 4)).toBe('ab…');
  });

  it('looks no further than it may show', () => {
    expect(oneLine(`${'\n'.repeat(20)}after`, 10)).toBe('…');
  });
});

describe('show', () => {
  it.each<[unknown, string]>([
    ['a"b', '"a\\"b"'],
    [7, '7'],
    [NaN, 'NaN'],
    [5n, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('x'), 'Symbol(x)'],
    [[1, 2], 'an array of 2'],
    [new Map(), 'an object (Map)'],
    [Object.create(null), 'an object (Object)'],
    [new (class {})(), 'an object (Object)'],
    [trapped, 'function trapped'],
    [() => 1, 'a function'],
    [
      class {
        static override = 1;
        static name = 5;
      },
      'a function',
    ],
    [revoked({}), 'an object'],
    [revoked(trapped), 'a function'],
  ])('shows %# shortly', (value, text) => {
    expect(show(value)).toBe(text);
  });
});

describe('showError', () => {
  it.each<[string, unknown, string]>([
    ['an error', new RangeError('out'), 'RangeError: out'],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['an error without a name', { message: 'out', name: '' }, 'Error: out'],
    ['a message that is no text', { message: 5, name: 'Odd' }, 'Odd'],
    ['a name that is no text', { message: 'out', name: 5 }, 'Error: out'],
    ['an error whose cause is a text', new Error('out', { cause: 'disk' }), 'Error: out'],
    ['an error whose cause is null', new Error('out', { cause: null }), 'Error: out'],
    ['a string', 'down', '"down"'],
    ['an object without a message', {}, 'an object (Object)'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an error with a code', failure('fetch failed', 'ECONNREFUSED'), 'Error: fetch failed (ECONNREFUSED)'],
    [
      'an error whose message has its code',
      failure('connect ECONNREFUSED', 'ECONNREFUSED'),
      'Error: connect ECONNREFUSED',
    ],
    [
      'an error whose cause has a code',
      failure('fetch failed', undefined, failure('', 'ECONNRESET')),
      'Error: fetch failed (ECONNRESET)',
    ],
    [
      'an error whose code is empty, but not that of its cause',
      failure('fetch failed', '', failure('', 'ECONNRESET')),
      'Error: fetch failed (ECONNRESET)',
    ],
    [
      'the code of an error before that of its cause',
      failure('fetch failed', 'E_FETCH', failure('', 'ECONNRESET')),
      'Error: fetch failed (E_FETCH)',
    ],
    ['a code that is no text', failure('fetch failed', 7), 'Error: fetch failed'],
    [
      'what throws when it is read',
      {
        get message() {
          return trapped();
        },
      },
      'an error that cannot be read',
    ],
  ])('shows %s', (_, error, text) => {
    expect(showError(error)).toBe(text);
  });
});

describe('messageOf', () => {
  it.each<[string, unknown, string]>([
    ['an error', new TypeError('a window\nmust be'), 'a window must be'],
    ['what has no message', { message: 5, name: 'Odd' }, 'Odd'],
    [
      'what has a message that only acts like a text',
      { message: { slice: () => ({ replace: () => 5 }) } },
      'Error',
    ],
    ['nothing', undefined, 'undefined'],
    ['what cannot be read', revoked({}), 'an error that cannot be read'],
  ])('gives the message of %s, without its name', (_, error, text) => {
    expect(messageOf(error)).toBe(text);
  });
});

describe('listed', () => {
  it.each<[number, string]>([
    [0, 'none'],
    [2, 'n0, n1'],
    [3, 'n0, n1, n2'],
    [5, 'n0, n1, n2 and 2 more'],
  ])('names %i as far as it is of use', (count, text) => {
    expect(
      listed(
        Array.from({ length: count }, (_, i) => `n${i}`),
        3,
      ),
    ).toBe(text);
  });
});

describe('BreakerNotFoundError', () => {
  it('is told apart by its name and its code', () => {
    const error = new BreakerNotFoundError('x', []);
    expect([error.name, error.code]).toEqual(['BreakerNotFoundError', 'FLUXGATE_BREAKER_NOT_FOUND']);
  });

  it('says who asked, when that is known', () => {
    expect(new BreakerNotFoundError('paymnets', ['payments'], 'Orders.pay').message).toMatch(
      /^Orders\.pay: no circuit breaker is called "paymnets"\. Did you mean "payments"\?/,
    );
    expect(new BreakerNotFoundError('x', ['payments', 'orders']).message).not.toContain('Did you mean');
  });
});
