import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';

import { FailureStreak } from '../../lib/core/index.js';
import { settled } from '../support/async.js';
import { aBreaker, type Made } from '../support/breaker.js';

/** A wait that is over: the next call is the first probe. */
function aWaitOver(options: Parameters<typeof aBreaker>[0]): Made {
  const made = aBreaker({ tripper: FailureStreak(1), ...options });
  made.breaker.forceOpen({ forMs: 1 });
  made.clock.advance(1);
  return made;
}

describe('the lease of a stream that probes', () => {
  it('starts anew with every value: a stream that has started is not cut by timeoutMs', () => {
    const { breaker, clock } = aWaitOver({ timeoutMs: 200 });
    const source = new Subject<number>();
    breaker.observe(source).subscribe();
    clock.advance(100);
    source.next(1);
    clock.advance(59_999);
    expect(breaker.state).toBe('half_open');
    source.next(2);
    clock.advance(59_999);
    source.complete();
    expect(breaker.state).toBe('closed');
  });

  it('is 60 s of silence, without a probeLeaseMs', () => {
    const { breaker, clock, signals } = aWaitOver({ timeoutMs: 200 });
    const source = new Subject<number>();
    breaker.observe(source).subscribe();
    source.next(1);
    signals.clear();
    clock.advance(60_000);
    expect(breaker.state).toBe('open');
    expect(signals.of('call')).toMatchObject([{ outcome: 'failure', durationMs: 60_000 }]);
  });

  it('is probeLeaseMs where that is given, and what lapsed stays lapsed', () => {
    const { breaker, clock } = aWaitOver({ probeLeaseMs: 1000 });
    const source = new Subject<number>();
    breaker.observe(source).subscribe();
    clock.advance(1000);
    source.next(1); // Nobody has looked at the breaker since: it is over all the same.
    expect(breaker.state).toBe('open');
  });

  it('starts anew with every value of an iterator, too', async () => {
    const { breaker, clock } = aWaitOver({ timeoutMs: 200 });
    const iteration = breaker.iterate(async function* numbers() {
      yield 1;
      yield 2;
    });
    await iteration.next();
    clock.advance(59_999);
    await iteration.next();
    clock.advance(59_999);
    await iteration.next();
    await settled();
    expect(breaker.state).toBe('closed');
  });

  it('lapses for the silent one of two, not for the older one', () => {
    const { breaker, clock, signals } = aWaitOver({ probeLeaseMs: 1000, maxHalfOpenCalls: 2 });
    const [older, silent] = [new Subject<number>(), new Subject<number>()];
    breaker.observe(older).subscribe();
    clock.advance(100);
    breaker.observe(silent).subscribe();
    clock.advance(500);
    older.next(1);
    signals.clear();
    clock.advance(500);
    expect(breaker.state).toBe('open');
    expect(signals.of('call')).toMatchObject([{ durationMs: 1000 }]);
  });
});
