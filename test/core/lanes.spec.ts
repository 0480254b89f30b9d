import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, throwError, type Observable } from 'rxjs';

import {
  Breaker,
  BreakerRegistry,
  CountWindow,
  FailureStreak,
  type BreakerOptions,
  type CallSite,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { A_METHOD } from '../support/method.js';

const RULES: BreakerOptions = { window: CountWindow(4), tripper: FailureStreak(3) };
const DOWN = new Error('down');

/** Its calls have had their lane for long, and nothing is left to be learnt. */
async function goneOnFor(breaker: Breaker, calls = 8): Promise<void> {
  for (let i = 0; i < calls; i++) await breaker.execute(() => 'paid');
}

/** A call that is running, and how to end it. */
function running(breaker: Breaker): { end: (value: unknown) => Promise<unknown> } {
  let resolve!: (value: unknown) => void;
  const result = breaker.execute(() => new Promise((settle) => (resolve = settle)));
  return { end: (value) => (resolve(value), result) };
}

describe('a place whose calls have gone by for long', () => {
  it('tells the next call to whoever begins to listen: to the breaker, its group, the registry', async () => {
    const registry = new BreakerRegistry({ clock: new ManualClock() });
    const breaker = registry.create('payments', RULES);
    const group = registry.createKeyed('banks', { ...RULES, keys: {} });
    const ofKey = group.for('a');
    await goneOnFor(breaker);
    await goneOnFor(ofKey);
    const heard: string[] = [];
    const listenAs = (who: string) => ({
      onCall: ({ breaker: name }: { breaker: string }) => heard.push(`${who}: ${name}`),
    });
    const leave = [
      breaker.subscribe(listenAs('breaker')),
      group.subscribe(listenAs('group')),
      registry.subscribe(listenAs('registry')),
    ];
    await goneOnFor(breaker, 1);
    await goneOnFor(ofKey, 1);
    expect(heard).toEqual([
      'breaker: payments',
      'registry: payments',
      'group: banks[a]',
      'registry: banks[a]',
    ]);
    for (const one of leave) one();
    await goneOnFor(breaker, 1);
    await goneOnFor(ofKey, 1);
    expect(heard).toHaveLength(4);
  });

  it('judges values from the moment somebody wants it, also those of calls under way', async () => {
    const breaker = new Breaker('payments', RULES, { clock: new ManualClock() });
    await goneOnFor(breaker);
    const { end } = running(breaker);
    breaker.reconfigure({ trackResult: (value) => value === 'refused' });
    expect(await end('refused')).toBe('refused');
    expect(await breaker.execute(() => 'refused')).toBe('refused');
    expect(breaker.snapshot().calls).toMatchObject({ success: 8, failure: 2 });
  });

  it('cuts calls from the moment there is a limit', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker('payments', RULES, { clock });
    await goneOnFor(breaker);
    breaker.reconfigure({ timeoutMs: 50 });
    const call = breaker.execute(() => new Promise(() => undefined));
    clock.advance(50);
    await expect(call).rejects.toMatchObject({ timeoutMs: 50 });
  });

  it('judges each value where its place or its breaker wants it, however many were good', async () => {
    const clock = new ManualClock();
    const trackResult = (value: unknown): boolean => value === 'refused';
    const ofBreaker = new Breaker('payments', { ...RULES, trackResult }, { clock });
    const plain = new Breaker('payments', RULES, { clock });
    const place = plain.site({ trackResult });
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f', 'refused', 'g', 'refused']) {
      await ofBreaker.execute(() => value);
      await plain.enter('promise', place, async () => value, undefined, []);
    }
    for (const one of [ofBreaker, plain]) {
      expect(one.snapshot().calls).toMatchObject({ success: 7, failure: 2 });
    }
  });

  it('follows the stream that a call gives, however many gave values', async () => {
    const breaker = new Breaker('payments', RULES, { clock: new ManualClock() });
    const place: CallSite = { ...breaker.site(), method: A_METHOD, lane: undefined };
    const enter = (value: unknown): unknown =>
      breaker.enter('promise', place, async () => value, undefined, []);
    for (let i = 0; i < 8; i++) expect(await enter(i)).toBe(i);
    const stream = (await enter(throwError(() => DOWN))) as Observable<never>;
    expect(breaker.snapshot().calls).toMatchObject({ success: 8, failure: 0, ignored: 1, inFlight: 0 });
    await expect(lastValueFrom(stream)).rejects.toBe(DOWN);
    expect(breaker.snapshot().calls).toMatchObject({ success: 8, failure: 1, inFlight: 0 });
  });

  it('counts each call with the breaker that let it in, where several share the place', async () => {
    const clock = new ManualClock();
    const both = ['a', 'b'].map((name) => new Breaker(name, RULES, { clock }));
    const place: CallSite = both[0]!.site({});
    for (let i = 0; i < 12; i++) {
      await both[i % 3 === 0 ? 0 : 1]!.enter('promise', place, async () => 'paid', undefined, []);
    }
    expect(both.map((one) => one.snapshot().calls.success)).toEqual([4, 8]);
  });

  it('is measured from the moment somebody measures', async () => {
    const breaker = new Breaker('payments', RULES, { clock: new ManualClock() });
    await goneOnFor(breaker);
    const seen: string[] = [];
    const remove = breaker.measureBy({ measure: (outcome) => seen.push(outcome) });
    await goneOnFor(breaker, 2);
    remove();
    await goneOnFor(breaker, 2);
    expect(seen).toEqual(['success', 'success']);
  });

  it('is calm no more after a failure, until it was judged again', async () => {
    const breaker = new Breaker('payments', RULES, { clock: new ManualClock() });
    await goneOnFor(breaker);
    const fail = (): Promise<unknown> => breaker.execute(() => Promise.reject(DOWN)).catch(() => undefined);
    await fail();
    await fail();
    await goneOnFor(breaker, 1);
    await fail();
    await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });
});
