import { describe, expect, it } from '@jest/globals';

import { leave, onReturn } from '../../../lib/core/index.js';
import { deferred, settled, unhandled } from '../../support/async.js';

async function* silent(): AsyncGenerator<number> {
  await deferred().promise;
  yield 1;
}

describe('onReturn', () => {
  it('tells at once that a generator is left, though the language waits for the pending next()', async () => {
    let isLeft = false;
    const generator = onReturn(silent(), () => {
      isLeft = true;
    });
    void generator.next();
    await settled();
    void generator.return(undefined);
    expect(isLeft).toBe(true);
    expect(Object.keys(generator)).toEqual([]);
  });

  it('leaves return() a method that others may replace in their turn', () => {
    const own = Object.getOwnPropertyDescriptor(
      onReturn(silent(), () => {}),
      'return',
    );
    expect(own).toMatchObject({ configurable: true, writable: true, enumerable: false });
  });
});

describe('leave', () => {
  it('has nothing to do where nothing has begun, and minds no error', async () => {
    async function* angry(): AsyncGenerator<number> {
      try {
        yield 1;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- a source that fails while it is closed
        throw new Error('not now');
      }
    }
    const generator = angry();
    await generator.next();
    expect(
      await unhandled(() => {
        leave(generator);
        leave(undefined);
      }),
    ).toEqual([]);
  });
});
