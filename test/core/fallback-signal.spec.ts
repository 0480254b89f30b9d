import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, of, throwError } from 'rxjs';

import { TypeOf, type SiteOptions } from '../../lib/core/index.js';
import { rejection } from '../support/async.js';
import { aBreaker } from '../support/breaker.js';

const down = new Error('down');
const fail = (): never => {
  throw down;
};
const options: SiteOptions = { fallback: () => 'cached' };

async function iterated(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

describe('a fallback is told', () => {
  it.each<[string, (breaker: ReturnType<typeof aBreaker>['breaker']) => unknown]>([
    ['a promise', (breaker) => breaker.execute(async () => fail(), options)],
    ['a sync call', (breaker) => breaker.executeSync(fail, options)],
    [
      'a sync call that returns a promise',
      (breaker) => breaker.executeSync(() => Promise.reject(down), options),
    ],
    ['a stream', (breaker) => lastValueFrom(breaker.observe(throwError(fail), options))],
    [
      'an iteration',
      (breaker) =>
        iterated(
          breaker.iterate(async function* () {
            yield fail();
          }, options),
        ),
    ],
    ['a wrapped function', (breaker) => breaker.wrap(async (): Promise<unknown> => fail(), options)()],
  ])('of %s that failed, after the call', async (_, run) => {
    const { breaker, signals } = aBreaker();
    await run(breaker);
    expect(signals.signals.map(({ kind }) => kind)).toEqual(['call', 'fallback']);
    expect(signals.of('fallback')).toEqual([
      {
        kind: 'fallback',
        breaker: breaker.name,
        seq: 1,
        at: expect.any(Number),
        state: 'closed',
        outcome: 'failure',
        error: down,
      },
    ]);
  });

  it.each<[string, (breaker: ReturnType<typeof aBreaker>['breaker']) => unknown]>([
    ['a promise', (breaker) => breaker.execute(async () => 'never', options)],
    ['a sync call', (breaker) => breaker.executeSync(() => 'never', options)],
    ['a stream', (breaker) => firstValueFrom(breaker.observe(of('never'), options))],
    [
      'an iteration',
      (breaker) =>
        iterated(
          breaker.iterate(async function* () {
            yield 'never';
          }, options),
        ),
    ],
  ])('of %s that was not let in, after the rejection', async (_, run) => {
    const { breaker, signals } = aBreaker();
    breaker.forceOpen();
    signals.clear();
    await run(breaker);
    expect(signals.signals.map(({ kind }) => kind)).toEqual(['rejected', 'fallback']);
    expect(signals.of('fallback')).toMatchObject([
      { state: 'forced_open', outcome: 'rejected', error: { code: 'CIRCUIT_NOT_PERMITTED' } },
    ]);
  });

  it('with the state that the call moved the circuit to', async () => {
    const { breaker, signals } = aBreaker();
    for (let i = 0; i < 3; i++) await breaker.execute(fail, options);
    expect(signals.of('fallback').map(({ seq, state }) => [seq, state])).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'open'],
    ]);
  });

  it('with the outcome of a call that did not count, where it stands in for any error', async () => {
    const { breaker, signals } = aBreaker({ tracker: TypeOf(TypeError) });
    await breaker.execute(fail, { ...options, fallbackWhen: 'any' });
    expect(signals.of('fallback')).toMatchObject([{ outcome: 'ignored', error: down }]);
  });

  it('before it runs, and also when it fails', async () => {
    const { breaker, signals } = aBreaker();
    const told: number[] = [];
    const fallback = (): never => {
      told.push(signals.of('fallback').length);
      throw new Error('empty cache');
    };
    await rejection(breaker.execute(fail, { fallback }));
    expect(told).toEqual([1]);
  });

  it('and is not, where none runs', async () => {
    const { breaker, signals } = aBreaker();
    await rejection(breaker.execute(fail, { ...options, fallbackWhen: 'rejected' }));
    await rejection(breaker.execute(fail));
    await breaker.execute(() => 'value', options);
    expect(signals.of('fallback')).toEqual([]);
  });

  it('once, to a listener that calls the breaker again', async () => {
    const { breaker, signals } = aBreaker({ listeners: [{ onFallback: () => breaker.reset() }] });
    for (let i = 0; i < 3; i++) await breaker.execute(fail, options);
    expect(breaker.state).toBe('closed');
    expect(signals.moves()).toEqual(['closed → open (tripper)', 'open → closed (operator)']);
    expect(signals.of('fallback')).toHaveLength(3);
  });

  it('and a listener that throws there does not keep it from running', async () => {
    const { breaker, signals } = aBreaker({ listeners: [{ onFallback: fail }] });
    expect(await breaker.execute(fail, options)).toBe('cached');
    expect(signals.of('fault')).toMatchObject([{ source: 'listener', error: down }]);
  });
});
