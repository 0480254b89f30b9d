import { errorMonitor, getEventListeners } from 'node:events';
import { PassThrough, pipeline, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from '@jest/globals';

import { callSite, FailureStreak, MinRequests } from '../../../lib/core/index.js';
import { settled } from '../../support/async.js';
import { aBreaker, aHalfOpen } from '../../support/breaker.js';
import { A_METHOD } from '../../support/method.js';

const down = new Error('down');
const closed = (body: Readable): Promise<void> => new Promise((resolve) => void body.once('close', resolve));

describe('a readable stream of Node.js that a call gave', () => {
  it('is the very object, and one call that took until it was given, however slowly it is read', async () => {
    const { breaker, clock, signals } = aBreaker();
    const body = new PassThrough();
    expect(await breaker.execute(async () => (clock.advance(20), body))).toBe(body);
    expect(breaker.snapshot().calls).toMatchObject({ success: 0, inFlight: 0 });
    clock.advance(5000);
    body.end('all of it');
    expect(await text(body)).toBe('all of it');
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    expect(signals.of('call')).toMatchObject([{ durationMs: 20 }]);
  });

  it('is not read by us: nothing flows, and nothing is listened for that changes that', async () => {
    const { breaker } = aBreaker();
    const body = Readable.from(['one']);
    breaker.executeSync(() => body);
    await settled();
    expect([body.readableFlowing, body.readableDidRead]).toEqual([null, false]);
    expect([body.listenerCount('data'), body.listenerCount('readable'), body.listenerCount('error')]).toEqual(
      [0, 0, 0],
    );
  });

  it('that breaks after the call has returned is a failure, judged by the trackers', async () => {
    for (const tracker of [() => true, () => false]) {
      const { breaker } = aBreaker({ tracker });
      const body = new PassThrough();
      await breaker.execute(async () => body);
      body.on('error', () => undefined).destroy(down);
      await closed(body);
      const isTracked = tracker();
      expect(breaker.snapshot().calls).toMatchObject({
        failure: Number(isTracked),
        ignored: Number(!isTracked),
      });
      expect(body.listenerCount('close')).toBe(0);
    }
  });

  it('destroyed without an error is a success if something was read, else it says nothing', async () => {
    for (const isRead of [true, false]) {
      const { breaker } = aBreaker();
      const body = new PassThrough();
      await breaker.execute(async () => body);
      body.write('some of it');
      if (isRead) body.read();
      body.destroy();
      await closed(body);
      expect(breaker.snapshot().calls).toMatchObject({ success: Number(isRead), ignored: Number(!isRead) });
    }
  });

  it('left by the reader of a pipeline is left, not broken', async () => {
    for (const isRead of [true, false]) {
      const { breaker } = aBreaker({ tripper: FailureStreak(1) });
      const body = new PassThrough();
      await breaker.execute(async () => body);
      const target = new PassThrough();
      pipeline(body, target, () => undefined);
      if (isRead) body.write('some of it');
      await settled();
      target.destroy();
      await closed(body);
      expect(breaker.snapshot()).toMatchObject({ state: 'closed', calls: { failure: 0, inFlight: 0 } });
    }
  });

  it('that is over when it is given counts at once', async () => {
    const ended = Readable.from(['one']);
    await text(ended);
    const broken = new PassThrough();
    broken.on('error', () => undefined).destroy(down);
    const left = new PassThrough();
    left.destroy();
    await Promise.all([closed(broken), closed(left)]);
    const listeners = ended.listenerCount('close');
    const { breaker } = aBreaker();
    for (const body of [ended, broken, left]) await breaker.execute(async () => body);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 1, ignored: 1, inFlight: 0 });
    expect(ended.listenerCount('close')).toBe(listeners);
  });

  it('as a probe is a success when its lease is over, and what comes later changes nothing', async () => {
    const { breaker, clock, first } = aHalfOpen({ probeLeaseMs: 100, maxHalfOpenCalls: 2 });
    first.release();
    const body = new PassThrough();
    await breaker.execute(async () => body);
    expect(breaker.snapshot().probesInFlight).toBe(1);
    clock.advance(100);
    expect(breaker.state).toBe('closed');
    body.on('error', () => undefined).destroy(down);
    await closed(body);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('may be inside of what a method gave', async () => {
    const { breaker } = aBreaker();
    const file = { body: Readable.from(['one']) };
    const traits = { ...A_METHOD, bodyOf: (value: object) => (value as typeof file).body };
    const site = callSite('Files.read', {}, traits);
    expect(await breaker.enter('promise', site, async () => file, undefined, [])).toBe(file);
    expect(breaker.snapshot().calls).toMatchObject({ inFlight: 0, success: 0 });
    await text(file.body);
    expect(breaker.snapshot().calls).toMatchObject({ success: 1 });
  });

  it('is a plain value where it can only be written', async () => {
    const { breaker } = aBreaker();
    await breaker.execute(async () => new Writable());
    expect(breaker.snapshot().calls).toMatchObject({ success: 1 });
  });

  it('given again and again is listened to once per breaker, and is the last call that gave it', async () => {
    const body = new PassThrough();
    const [one, two] = [aBreaker(), aBreaker()];
    for (let i = 0; i < 20; i++)
      for (const { breaker } of [one, two]) await breaker.execute(async () => body);
    expect(body.listenerCount(errorMonitor)).toBe(2);
    body.end('all');
    await text(body);
    for (const { breaker } of [one, two]) {
      expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    }
    expect(body.listenerCount(errorMonitor)).toBe(0);
  });

  it('lets go of the signal of a call that gave it before', async () => {
    const { breaker } = aBreaker();
    const body = new PassThrough();
    const { signal } = new AbortController();
    await breaker.execute(async () => body, { signal });
    await breaker.execute(async () => body);
    await settled(); // The listener goes with the next turn of the loop.
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['was read to its end', 'success', async (body: PassThrough) => text(body.end('all'))],
    [
      'broke',
      'failure',
      async (body: PassThrough) => closed(body.once('error', () => undefined).destroy(down)),
    ],
    ['was left', 'ignored', async (body: PassThrough) => closed(body.destroy())],
  ])('that %s before it was given is over at once: %s', async (_, outcome, end) => {
    const { breaker, first } = aHalfOpen({ maxHalfOpenCalls: 2, tripper: MinRequests(5) });
    first.release();
    const body = new PassThrough();
    await end(body);
    await breaker.execute(async () => body);
    expect(breaker.snapshot()).toMatchObject({
      probesInFlight: 0,
      calls: { [outcome]: outcome === 'ignored' ? 2 : 1 },
    });
  });

  it('is a success at once, and comes back, where it cannot be listened to', async () => {
    const { breaker } = aBreaker();
    const body = {
      readable: true,
      pipe: () => undefined,
      on: () => {
        throw down;
      },
    };
    expect(await breaker.execute(async () => body)).toBe(body);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('hears of no error of ours where it keeps its listeners', async () => {
    const { breaker } = aBreaker();
    const heard: Record<string | symbol, () => void> = {};
    const body = {
      readable: true,
      pipe: () => undefined,
      on: (event: string | symbol, run: () => void) => ((heard[event] = run), body),
    };
    await breaker.execute(async () => body);
    heard['end']!();
    heard['close']!();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });
});
