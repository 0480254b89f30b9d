import { describe, expect, it } from '@jest/globals';

import { Cooldown, CountWindow, FailureStreak, type WindowLike } from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker, aHalfOpen, bad, good, knock } from '../support/breaker.js';
import { aGroup, ask, keysOf } from '../support/keyed.js';

const broken = (): never => {
  throw new Error('my part');
};

describe('a permit at fault', () => {
  it('lets the call probe: a "no" for ever would keep the circuit half-open', () => {
    const { breaker, signals } = aHalfOpen({ permit: broken });
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(signals.of('fault')).toMatchObject([{ source: 'permit', error: { message: 'my part' } }]);
  });

  it('is one that answers with a promise', () => {
    const { breaker, signals } = aHalfOpen({ permit: (async () => false) as never });
    expect(knock(breaker)).not.toBeInstanceOf(Error);
    expect(signals.of('fault')).toHaveLength(1);
  });
});

describe('a retry at fault', () => {
  it.each<[string, () => unknown]>([
    ['throws', broken],
    ['answers NaN', () => NaN],
    ['answers a negative number', () => -1],
    ['answers a string', () => '1000'],
    ['answers a promise', async () => 1000],
    ['answers nothing', () => undefined],
  ])('that %s waits a minute', (_, retry) => {
    const { breaker, signals } = aBreaker({ retry: retry as never });
    bad(breaker, 3);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', retryAfterMs: 60_000 });
    expect(signals.of('fault')).toMatchObject([{ source: 'retry' }]);
  });

  it('because its random source has gone astray waits a minute too', () => {
    const { breaker } = aBreaker({ retry: Cooldown(1000, { jitter: 0.5 }) }, { random: () => NaN });
    bad(breaker, 3);
    expect(breaker.snapshot().retryAfterMs).toBe(60_000);
  });
});

describe('a window at fault', () => {
  const withStore = (store: object): WindowLike => ({ create: () => store as never });

  it('when it records leaves the call alone', async () => {
    const { breaker, signals } = aBreaker({
      window: withStore({ record: broken, metric: () => CountWindow(1).create([]).metric(0) }),
    });
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(signals.of('fault')).toMatchObject([{ source: 'window' }]);
  });

  it('when it is read trips nothing, and has no figures', () => {
    const { breaker, signals } = aBreaker({ window: withStore({ record: () => undefined, metric: broken }) });
    bad(breaker, 9);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', metric: { totalCount: 0, slow: [] } });
    expect(new Set(signals.of('fault').map(({ source }) => source))).toEqual(new Set(['window']));
  });

  it('when it is read takes no verdict of a trial run back', () => {
    let isBroken = false;
    const store = CountWindow(5).create([]);
    const { breaker, signals } = aBreaker({
      initialState: 'metrics_only',
      window: withStore({
        record: store.record.bind(store),
        metric: (nowMs: number) => (isBroken ? broken() : store.metric(nowMs)),
      }),
    });
    bad(breaker, 3);
    isBroken = true;
    good(breaker);
    expect(breaker.snapshot().wouldTrip).toBe(true);
    expect(signals.of('wouldTrip')).toHaveLength(1);
  });

  it('when its group looks for one to drop remembers nothing', () => {
    const { group } = aGroup({
      keys: { max: 1 },
      window: withStore({ record: () => undefined, metric: broken }),
    });
    ask(group, 'a', 'b');
    expect(keysOf(group)).toEqual(['b']);
  });

  it('when it is made again hands over to the default one, and the call that closed the circuit feels nothing', async () => {
    let made = 0;
    const { breaker, clock, signals } = aBreaker({
      window: () => (++made === 1 ? CountWindow(5).create([]) : broken()),
    });
    bad(breaker, 3);
    clock.advance(1000);
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.state).toBe('closed');
    expect(signals.of('fault')).toMatchObject([{ source: 'window' }]);
    good(breaker, 200);
    expect(breaker.snapshot().metric.totalCount).toBe(100);
  });

  it('for a trial run hands over to the default one', () => {
    let made = 0;
    const { breaker } = aBreaker({ window: () => (++made === 1 ? CountWindow(5).create([]) : broken()) });
    expect(breaker.metricsOnly()).toBe(true);
    good(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'metrics_only', metric: { totalCount: 1 } });
  });

  it('from the first is refused when the breaker is made', () => {
    expect(() => aBreaker({ window: broken })).toThrow('my part');
    expect(() => aBreaker({ window: (() => ({})) as never })).toThrow(
      'an object with record(…) and metric(…)',
    );
  });
});

describe('a part at fault', () => {
  it('is told under its name, while the caller gets the original error', async () => {
    const error = new Error('down');
    const { breaker, signals } = aBreaker({ tracker: broken, tripper: broken });
    expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(signals.of('fault').map(({ source }) => source)).toEqual(['tracker', 'tripper']);
  });

  it('of a probe frees its slot', () => {
    const { breaker, first } = aHalfOpen({
      tracker: broken,
      tripper: ({ state }) => (state === 'half_open' ? broken() : false),
    });
    first.fail(new Error('down'));
    expect(breaker.snapshot()).toMatchObject({ state: 'open', probesInFlight: 0 });
  });

  it('is told even when its call was settled before it was asked', async () => {
    const { breaker, signals, clock, first } = aHalfOpen({
      tracker: broken,
      probeLeaseMs: 10,
      tripper: FailureStreak(1),
    });
    first.release();
    const call = breaker.execute(async () => {
      clock.advance(10);
      void breaker.state;
      throw new Error('down');
    });
    await rejection(call);
    expect(signals.of('fault')).toHaveLength(1);
  });
});
