import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';

import type { BreakerOptions } from '../../lib/core/index.js';
import { deferred, rejection } from '../support/async.js';
import { aHalfOpen, good, knock, type Made } from '../support/breaker.js';

/** Half-open, and time may go on while the loop is blocked: no timer fires. */
function aBlockable(options: BreakerOptions): Made & { block: (ms: number) => void } {
  const made = aHalfOpen(options);
  made.breaker.snapshot();
  const { clock } = made;
  const now = clock.now.bind(clock);
  let aheadMs = 0;
  clock.now = () => now() + aheadMs;
  made.first.release();
  return { ...made, block: (ms) => void (aheadMs += ms) };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a probe with timeoutMs', () => {
  it('ends by its timer: no call that comes first after a blocked loop takes its answer for lost', async () => {
    const { breaker, block, signals } = aBlockable({ timeoutMs: 200 });
    const answer = deferred();
    const probe = breaker.execute(() => answer.promise);
    block(10_000);
    knock(breaker);
    expect(breaker.snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 2, failureStreak: 0 });
    answer.resolve('there');
    expect(await probe).toBe('there');
    expect(breaker.state).toBe('closed');
    expect(signals.of('call').at(-1)).toMatchObject({ outcome: 'success', durationMs: 10_000 });
  });

  it.each([
    ['observe', ({ breaker }: Made) => breaker.observe(new Subject()).subscribe({ error: () => undefined })],
    [
      'iterate',
      ({ breaker }: Made) =>
        breaker
          .iterate(() => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) as never)
          .next()
          .catch(() => undefined),
    ],
    [
      'executeSync',
      ({ breaker }: Made) => (breaker.executeSync(never) as Promise<never>).catch(() => undefined),
    ],
  ] as const)('by %s as well', (_, call) => {
    const made = aBlockable({ timeoutMs: 200 });
    void call(made);
    made.block(10_000);
    made.breaker.acquire().release();
    expect(made.breaker.snapshot().probesInFlight).toBe(1);
    made.clock.advance(200);
    expect(made.breaker.snapshot()).toMatchObject({ probesInFlight: 0, calls: { failure: 1 } });
  });

  it('still has a probeLeaseMs that was given', async () => {
    const { breaker, clock, signals } = aBlockable({ timeoutMs: 5000, probeLeaseMs: 200 });
    const probe = rejection(breaker.execute(never));
    clock.advance(200);
    expect(breaker.snapshot().probesInFlight).toBe(0);
    expect(signals.of('call').at(-1)).toMatchObject({ outcome: 'failure', durationMs: 200 });
    clock.advance(4800);
    expect(await probe).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
    expect(breaker.snapshot().calls.failure).toBe(1);
  });

  it('by acquire() has no timer, so timeoutMs is its lease', () => {
    const { breaker, block } = aBlockable({ timeoutMs: 200 });
    breaker.acquire();
    block(199);
    expect(breaker.snapshot().probesInFlight).toBe(1);
    block(1);
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 0, calls: { failure: 1 } });
  });

  it('that gave a stream has a lease again from then on, until somebody reads it', async () => {
    const { breaker, block } = aBlockable({ timeoutMs: 200 });
    const rates = breaker.execute(async () => ({
      async *[Symbol.asyncIterator]() {
        yield 1;
      },
    }));
    block(10_000);
    await rates;
    block(199);
    expect(breaker.snapshot().probesInFlight).toBe(1);
    block(1);
    expect(breaker.snapshot()).toMatchObject({ probesInFlight: 0, calls: { success: 1 } });
  });

  it('leaves a full half-open circuit no time to wait for: its timer frees the place', async () => {
    const { breaker, clock } = aBlockable({ timeoutMs: 200, maxHalfOpenCalls: 1 });
    const probe = rejection(breaker.execute(never));
    let isFree = false;
    void breaker.whenAvailable().then(() => (isFree = true));
    expect(clock.timerCount).toBe(1); // The probe's.
    await clock.advanceAsync(200);
    await probe;
    expect(isFree).toBe(true);
  });
});

describe('a call with timeoutMs in closed', () => {
  it('has a timer and needs no lease', async () => {
    const { breaker, clock } = aHalfOpen({ timeoutMs: 200 });
    good(breaker);
    expect(breaker.state).toBe('closed');
    const call = rejection(breaker.execute(never));
    clock.advance(200);
    expect(await call).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
    expect(clock.timerCount).toBe(0);
  });
});
