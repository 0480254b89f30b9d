import { describe, expect, it, jest } from '@jest/globals';

import { CausedBy, Custom, ErrorCode, TypeOf } from '../../../lib/core/trackers/index.js';
import { HOSTILE } from './hostile.js';

describe('CausedBy', () => {
  const byRange = CausedBy(TypeOf(RangeError));

  it.each<[string, unknown, boolean]>([
    ['the error itself', new RangeError(), true],
    ['its cause', new Error('a', { cause: new RangeError() }), true],
    ['a cause far below', new Error('a', { cause: new Error('b', { cause: new RangeError() }) }), true],
    ['one of several errors', new AggregateError([new Error(), new RangeError()]), true],
    [
      'a cause of one of several errors',
      new AggregateError([new Error('a', { cause: new RangeError() })]),
      true,
    ],
    ['nothing', new Error('a', { cause: new Error('b') }), false],
  ])('looks at %s', (_, error, expected) => {
    expect(byRange.isFailure(error)).toBe(expected);
  });

  it('looks nearest first, and at each once', () => {
    const seen: unknown[] = [];
    const leaf = { name: 'leaf' };
    const left = { name: 'left', cause: leaf };
    const right = { name: 'right', errors: [leaf, 'text', null, undefined] };
    const top = { name: 'top', cause: left, errors: [right, left] };
    CausedBy((error) => {
      seen.push(error);
      return false;
    }).isFailure(top);
    expect(seen).toEqual([top, left, right, leaf, 'text']);
  });

  it('ends in a circle', () => {
    const error: { cause?: unknown } = {};
    error.cause = { cause: error };
    expect(byRange.isFailure(error)).toBe(false);
  });

  it('ends in a chain that never ends, and in a list that is far too long', () => {
    const endless = (): unknown => ({
      get cause() {
        return endless();
      },
    });
    const looks = jest.fn<(error: unknown) => boolean>(() => false);
    CausedBy(looks).isFailure(endless());
    expect(looks).toHaveBeenCalledTimes(100);
    looks.mockClear();
    CausedBy(looks).isFailure({ errors: Array.from({ length: 1e6 }, (_, i) => i), cause: 'cause' });
    expect(looks).toHaveBeenCalledTimes(100);
    expect(looks.mock.calls[1]).toEqual(['cause']);
  });

  it('reads no more of a list than it may look at', () => {
    let reads = 0;
    const errors = new Proxy(Array.from({ length: 1000 }), {
      get: (target, key) => {
        if (/^\d+$/.test(String(key))) reads++;
        return Reflect.get(target, key) as unknown;
      },
    });
    expect(byRange.isFailure({ errors })).toBe(false);
    expect(reads).toBe(100);
  });

  it('finds nothing in a list that cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(CausedBy((error) => typeof error === 'string').isFailure({ errors: proxy })).toBe(false);
  });

  it('asks about what is no object, too', () => {
    expect(CausedBy((error) => error === undefined).isFailure(undefined)).toBe(true);
    expect(CausedBy((error) => error === 'text').isFailure(new Error('a', { cause: 'text' }))).toBe(true);
  });

  it('passes on what its tracker throws', () => {
    const later = Custom((async () => true) as never, 'later');
    expect(() => CausedBy(later).not().isFailure(1)).toThrow('Custom(later) returned a promise');
  });

  it('reads like the code, and takes what a tracker can be made of', () => {
    expect(String(byRange.not())).toBe('!CausedBy(TypeOf(RangeError))');
    expect(
      String(
        CausedBy(function isOld() {
          return true;
        }),
      ),
    ).toBe('CausedBy(Custom(isOld))');
    expect(() => CausedBy(RangeError as never)).toThrow('For a class use TypeOf(RangeError).');
  });

  it.each(HOSTILE)('takes %s for no match', (_, error) => {
    expect(CausedBy(ErrorCode('ECONNRESET')).isFailure(error)).toBe(false);
  });
});
