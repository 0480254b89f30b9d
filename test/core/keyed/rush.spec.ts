import { describe, expect, it } from '@jest/globals';

import { aQuietGroup, aRush, bad, good, type CountingClock } from '../../support/rush.js';

/** Of so many calls in a row: which read the clock, and how often? */
function readings(clock: CountingClock, times: number, call: () => void): string {
  let shown = '';
  for (let i = 0; i < times; i++) {
    const before = clock.readCount;
    call();
    shown += clock.readCount - before;
  }
  return shown;
}

const EACH = '1'.repeat(64);
const oneIn = (calls: number): string => '0'.repeat(calls - 1) + '1';
const ONE_IN_16 = oneIn(16);

describe('the clock', () => {
  it('is read at the end of each of 64 calls, and then of one in 16: that is a rush', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    clock.tickMs = 0.25;
    expect(readings(clock, 112, () => good(a))).toBe(EACH + ONE_IN_16.repeat(3));
  });

  it('is read half as often each time, down to one in 256, where all of them came in less than 1/4 ms', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    const halved = [16, 32, 64, 128, 256].map(oneIn).join('');
    expect(readings(clock, 64 + 496 + 256, () => good(a))).toBe(EACH + halved + oneIn(256));
  });

  it('is read for one call in 16 again once they took 1/4 ms', () => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 16 + 31);
    clock.advance(0.25);
    expect(readings(clock, 49, () => good(b))).toBe(`1${ONE_IN_16}${oneIn(32)}`);
  });

  it('is read for one call in 16 again once something else read it: how long they took is not known', () => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 16 + 31);
    b.acquire().release();
    expect(readings(clock, 48, () => good(b))).toBe(ONE_IN_16 + oneIn(32));
  });

  it('is read as seldom where calls fail', () => {
    const { clock, group } = aQuietGroup();
    const a = group.for('a');
    bad(a, 2);
    expect(readings(clock, 112, () => bad(a))).toBe(EACH + ONE_IN_16 + oneIn(32));
  });

  it('is read for the calls of all keys together', () => {
    const { clock, quiet } = aQuietGroup();
    const breakers = ['a', 'b', 'c'].map(quiet);
    let i = 0;
    expect(readings(clock, 112, () => good(breakers[i++ % 3]!))).toBe(EACH + ONE_IN_16 + oneIn(32));
  });

  it('is read for each call where they come a millisecond apart', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    clock.tickMs = 0;
    const call = () => {
      clock.advance(1);
      good(a);
    };
    expect(readings(clock, 128, call)).toBe(EACH + EACH);
  });

  it('is read for each call where it stands still: tests are exact', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    clock.tickMs = 0;
    expect(readings(clock, 128, () => good(a))).toBe(EACH + EACH);
  });

  it('is read for each call again once two readings were a millisecond apart', () => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 15);
    clock.advance(0.999);
    expect(readings(clock, 17, () => good(b))).toBe(`1${ONE_IN_16}`);
    good(b, 31);
    clock.advance(1);
    // The one that ends the rush is not the first of the next.
    expect(readings(clock, 81, () => good(b))).toBe(`1${EACH}${ONE_IN_16}`);
  });

  it('is read for each call again after one so late that was timed anyway: that needs no further reading', async () => {
    const { clock, a, b } = aRush(aQuietGroup());
    const before = clock.readCount;
    await a.execute(async () => clock.advance(1));
    expect(clock.readCount - before).toBe(2); // When it came and when it ended.
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it('is read for each call again after a failure so late that was timed anyway', async () => {
    const { clock, b, group } = aRush(aQuietGroup());
    const a = group.for('failing');
    const fail = () =>
      a.execute(async () => {
        clock.advance(1);
        throw new Error('down');
      });
    bad(a, 2);
    good(b, 80);
    const before = clock.readCount;
    await expect(fail()).rejects.toThrow('down');
    expect(clock.readCount - before).toBe(2);
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it.each([10, 0.001])(
    'is read twice for a call of %d ms that a meter measures: when it comes and when it ends',
    async (tookMs) => {
      const { clock, quiet } = aQuietGroup();
      const a = quiet('a');
      a.measureBy({ measure: () => undefined });
      const before = clock.readCount;
      for (let i = 0; i < 100; i++) await a.execute(async () => clock.advance(tookMs));
      expect(clock.readCount - before).toBe(200);
    },
  );

  it('is read for each call again after any other use that came so late', () => {
    const { clock, b } = aRush(aQuietGroup());
    clock.advance(1);
    b.acquire().release();
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it('is read for each call again after a new key that came so late', () => {
    const { clock, group, b } = aRush(aQuietGroup());
    clock.advance(1);
    group.for('new');
    expect(readings(clock, 80, () => good(b))).toBe(EACH + ONE_IN_16);
  });

  it('is read by other uses all the same: they make no rush and end none', () => {
    const { clock, quiet } = aQuietGroup();
    const a = quiet('a');
    for (let i = 0; i < 64; i++) a.acquire().release();
    expect(readings(clock, 64, () => good(a))).toBe(EACH);
    good(a, 3);
    a.acquire().release();
    expect(readings(clock, 16, () => good(a))).toBe(ONE_IN_16);
  });

  it.each([NaN, Infinity, -Infinity, 0])('is read for each call again once it said %d', (astray) => {
    const { clock, b } = aRush(aQuietGroup());
    good(b, 15);
    const { now } = clock;
    clock.now = () => astray;
    good(b);
    clock.now = now;
    expect(readings(clock, 81, () => good(b))).toBe(`1${EACH}${ONE_IN_16}`);
  });
});
