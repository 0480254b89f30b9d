import { describe, expect, it } from '@jest/globals';

describe('a file of types', () => {
  it.each([
    ['outcome', () => import('../../../lib/core/model/outcome.js')],
    ['part', () => import('../../../lib/core/model/part.js')],
    ['signal', () => import('../../../lib/core/model/signal.js')],
    ['snapshot', () => import('../../../lib/core/model/snapshot.js')],
  ])('costs nothing at run time: %s', async (_, load) => {
    expect(Object.keys(await load())).toEqual([]);
  });
});
