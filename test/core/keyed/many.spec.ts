import { describe, expect, it } from '@jest/globals';
import { TimeWindow } from 'nestjs-fluxgate';

import { bad, good } from '../../support/breaker.js';
import { aGroup } from '../../support/keyed.js';

// 40 000, with an eye on the heap, are in test/soak; a million in `npm run soak`.
describe('10 000 keys through a cap of 200', () => {
  const MAX = 200;

  it('never are more than the cap, and every one that goes is told', () => {
    const { group, clock, news } = aGroup({ keys: { max: MAX }, window: TimeWindow(1000) });
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      if (i % MAX === 0) clock.advance(1000);
      good(group.for(`tenant-${i}`));
      most = Math.max(most, group.size);
    }
    expect(most).toBe(MAX);
    const { createdCount, droppedCount, overflowCount } = group.snapshot();
    expect(createdCount - droppedCount).toBe(MAX);
    expect(createdCount + overflowCount).toBe(10_000);
    expect(news).toHaveLength(createdCount + droppedCount);
    expect(createdCount).toBeGreaterThan(9000);
  });

  it('keep those that are open, among all the others', () => {
    const { group, clock } = aGroup({ keys: { max: MAX }, window: TimeWindow(1000) });
    const ill = ['ill-1', 'ill-2', 'ill-3'];
    for (const key of ill) bad(group.for(key));
    for (let i = 0; i < 5000; i++) {
      if (i % 100 === 0) clock.advance(1000);
      good(group.for(`tenant-${i}`));
    }
    for (const key of ill) expect(group.for(key)).toMatchObject({ key, state: 'open' });
  });
});
