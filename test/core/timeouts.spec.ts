import { describe, expect, it, jest } from '@jest/globals';

import { CallTimeoutException, FailureStreak, type CallContext } from '../../lib/core/index.js';
import { deferred, rejection, settled, unhandled } from '../support/async.js';
import { aBreaker, aHalfOpen } from '../support/breaker.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('timeoutMs', () => {
  it('rejects with a 504 after that long, and counts as a failure with its duration', async () => {
    const { breaker, clock, signals } = aBreaker({ timeoutMs: 200 });
    const error = rejection(breaker.execute(never));
    clock.advance(199);
    expect(breaker.snapshot().calls.inFlight).toBe(1);
    clock.advance(1);
    expect(await error).toBeInstanceOf(CallTimeoutException);
    expect(await error).toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT', breaker: 'payments', timeoutMs: 200 });
    expect(((await error) as CallTimeoutException).getStatus()).toBe(504);
    expect(signals.of('call')).toMatchObject([{ outcome: 'failure', durationMs: 200, isRecorded: true }]);
  });

  it('says which breaker and how long, and tells a client neither', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const error = rejection(breaker.execute(never));
    clock.advance(200);
    const exception = (await error) as CallTimeoutException;
    expect(exception.message).toBe('a call through circuit breaker "payments" took longer than 200 ms');
    expect(JSON.stringify(exception.getResponse())).not.toContain('payments');
  });

  it("aborts the task's own signal, with the exception as its reason", async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    let signal!: AbortSignal;
    const error = rejection(
      breaker.execute((call) => {
        signal = call.signal;
        return never();
      }),
    );
    expect(signal.aborted).toBe(false);
    clock.advance(200);
    expect(signal.reason).toBe(await error);
  });

  it('gives an aborted signal to a task that asks for it too late', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    let context!: CallContext;
    const error = rejection(
      breaker.execute((call) => {
        context = call;
        return never();
      }),
    );
    clock.advance(200);
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toBe(await error);
    expect(context.signal).toBe(context.signal);
  });

  it('drops what the task does later, an error too', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const [first, second] = [deferred(), deferred()];
    const errors = await unhandled(async () => {
      const calls = [breaker.execute(() => first.promise), breaker.execute(() => second.promise)].map(
        rejection,
      );
      clock.advance(200);
      await Promise.all(calls);
      first.resolve('late');
      second.reject(new Error('late'));
    });
    expect(errors).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, failure: 2, success: 0 });
  });

  it.each([
    ['succeeds', 1, () => 'value'],
    ['fails', 1, () => Promise.reject(new Error('down'))],
    [
      'throws at once',
      0,
      () => {
        throw new Error('down');
      },
    ],
  ])('leaves no timer behind a task that %s (while it runs: %i)', async (_, whileItRuns, task) => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const call = breaker.execute(task as () => unknown).catch(() => undefined);
    expect(clock.timerCount).toBe(whileItRuns);
    await call;
    expect(clock.timerCount).toBe(0);
  });

  it('leaves no timer behind a timeout', async () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const error = rejection(breaker.execute(never));
    clock.advance(200);
    await error;
    expect(clock.timerCount).toBe(0);
  });

  it('sets no timer when it is off', async () => {
    const { breaker, clock } = aBreaker();
    const call = breaker.execute(settled);
    expect(clock.timerCount).toBe(0);
    await call;
  });

  it('is not judged by the tracker: a timeout is a failure', async () => {
    const tracker = jest.fn(() => false);
    const { breaker, clock } = aBreaker({ timeoutMs: 200, tracker });
    const error = rejection(breaker.execute(never));
    clock.advance(200);
    await error;
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(tracker).not.toHaveBeenCalled();
  });

  it('of a probe reopens the circuit', async () => {
    const { breaker, clock } = aHalfOpen({ timeoutMs: 200, tripper: FailureStreak(1) });
    const error = rejection(breaker.execute(never));
    await clock.advanceAsync(200);
    await error;
    expect(breaker.state).toBe('open');
  });

  it('does not cut a sync task', () => {
    const { breaker, clock } = aBreaker({ timeoutMs: 200 });
    const value = breaker.executeSync(() => {
      clock.advance(500);
      return 'late';
    });
    expect(value).toBe('late');
    expect(breaker.snapshot().calls.success).toBe(1);
  });
});
