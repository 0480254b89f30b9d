import { describe, expect, it, jest } from '@jest/globals';

import {
  Breaker,
  Cooldown,
  FailureStreak,
  type Listener,
  type Signal,
  Tripper,
} from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { aBreaker, aBreakerIn, aHalfOpen, bad, good, knock, slow } from '../support/breaker.js';

const START = Date.UTC(2026, 0, 1);

describe('the last error', () => {
  it('is that of the last failure, whatever went well after it', () => {
    const { breaker, signals } = aBreaker();
    const down = new Error('down');
    bad(breaker, 1, down);
    good(breaker, 2);
    breaker.disable();
    expect(signals.of('transition')[0]!.lastError).toEqual({
      name: 'Error',
      message: 'down',
      code: undefined,
    });
  });

  it('is nothing where a rule would trip without any failure', () => {
    const { breaker, signals } = aBreaker({
      initialState: 'metrics_only',
      tripper: ({ metric }) => metric.totalCount > 1,
    });
    good(breaker, 2);
    expect(signals.of('wouldTrip')).toMatchObject([{ wouldTrip: true, lastError: undefined }]);
  });
});

describe('a tripper that answers with a promise', () => {
  it('has not tripped, and the fault says why', () => {
    class Late extends Tripper {
      isTripped(): boolean {
        return Promise.resolve(true) as never;
      }
    }
    const { breaker, signals } = aBreaker({ tripper: new Late() });
    bad(breaker);
    expect(breaker.state).toBe('closed');
    expect(String(signals.of('fault')[0]!.error)).toBe(
      'TypeError: the tripper returned a promise; trippers are synchronous. Return true or false.',
    );
  });
});

describe('a transition signal', () => {
  it('says who, from where, to where, when, why and what was', () => {
    const made = aBreaker();
    const error = new Error('down');
    slow(made, 100);
    for (let i = 0; i < 3; i++) slow(made, 50, error);
    expect(made.signals.of('transition')).toEqual([
      {
        kind: 'transition',
        breaker: 'payments',
        seq: 1,
        at: START + 250,
        from: 'closed',
        to: 'open',
        cause: 'tripper',
        rule: 'FailureStreak(3)',
        explanation: {
          rule: 'FailureStreak(3)',
          isMet: true,
          what: 'FailureStreak',
          value: 3,
          threshold: 3,
        },
        metric: expect.objectContaining({ totalCount: 4, failureCount: 3, totalDurationMs: 250 }),
        lastError: error,
        reopens: 0,
        retryAt: START + 1250,
      },
    ]);
  });

  it('names the retry for the end of the wait, and the tripper for everything else', () => {
    const { breaker, clock, signals } = aBreaker({ retry: Cooldown(1000) });
    bad(breaker, 3);
    clock.advance(1000);
    bad(breaker, 3);
    expect(signals.of('transition').map(({ cause, rule, reopens }) => [cause, rule, reopens])).toEqual([
      ['tripper', 'FailureStreak(3)', 0],
      ['retry', 'Cooldown(1000 ms)', 0],
      ['tripper', 'FailureStreak(3)', 1],
    ]);
  });

  it('carries the last failure of the state that was left, and of no other', () => {
    const { breaker, clock, signals } = aBreaker();
    bad(breaker, 3, 'first');
    clock.advance(1000);
    good(breaker);
    expect(signals.of('transition').map(({ lastError }) => lastError)).toEqual([
      'first',
      undefined,
      undefined,
    ]);
  });
});

describe('a call signal', () => {
  it('tells how one call ended', () => {
    const made = aBreaker({ tracker: (error) => error !== 'untracked' });
    const { breaker, signals } = made;
    slow(made, 10);
    slow(made, 20, 'down');
    slow(made, 30, 'untracked');
    breaker.acquire().release();
    expect(signals.of('call')).toMatchObject([
      {
        seq: 1,
        at: START + 10,
        state: 'closed',
        outcome: 'success',
        durationMs: 10,
        isCancelled: false,
        isRecorded: true,
      },
      { seq: 2, at: START + 30, outcome: 'failure', durationMs: 20, error: 'down', isRecorded: true },
      {
        seq: 3,
        at: START + 60,
        outcome: 'ignored',
        durationMs: 30,
        error: 'untracked',
        isCancelled: false,
        isRecorded: false,
      },
      { seq: 4, outcome: 'ignored', isCancelled: true, isRecorded: false },
    ]);
  });

  it('comes before the transition it causes', () => {
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(1) });
    bad(breaker);
    expect(signals.signals.map(({ kind }) => kind)).toEqual(['call', 'transition']);
  });
});

describe('a rejected signal', () => {
  it('says why and until when', () => {
    const { breaker, signals } = aBreakerIn('open');
    knock(breaker);
    expect(signals.signals).toEqual([
      {
        kind: 'rejected',
        breaker: 'payments',
        seq: 1,
        at: START,
        state: 'open',
        reason: 'open',
        retryAfterMs: 1000,
      },
    ]);
  });
});

describe('the sequence', () => {
  it('has no gaps, per kind and breaker', () => {
    const { breaker, clock, signals } = aBreaker({ tripper: FailureStreak(1) });
    for (let i = 0; i < 20; i++) {
      bad(breaker);
      knock(breaker);
      clock.advance(1000);
      good(breaker);
    }
    for (const kind of ['transition', 'call', 'rejected'] as const) {
      const seqs = signals.of(kind).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(seqs.length).toBeGreaterThanOrEqual(20);
    }
  });

  it('counts what nobody heard, so that a late listener sees that it came late', () => {
    const made = aBreaker();
    const heard: number[] = [];
    good(made.breaker, 3);
    made.breaker.subscribe({ onCall: ({ seq }) => heard.push(seq) });
    good(made.breaker);
    expect(heard).toEqual([4]);
  });
});

describe('every signal', () => {
  it('is frozen through and through, apart from what the user threw', () => {
    const { breaker, clock, signals } = aHalfOpen({ tripper: ({ metric }) => metric.slowCount(5) < 0 });
    bad(breaker);
    breaker.reset();
    bad(breaker);
    knock(breaker);
    clock.advance(1);
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || value instanceof Error
        ? true
        : Object.isFrozen(value) && Object.values(value).every(frozen);
    expect(signals.signals.length).toBeGreaterThan(3);
    expect(signals.signals.every(frozen)).toBe(true);
  });

  it('is only put together when somebody listens', () => {
    const clock = new ManualClock();
    const breaker = new Breaker('quiet', {}, { clock });
    const reads = jest.spyOn(clock, 'wallNow');
    good(breaker, 10);
    expect(reads).not.toHaveBeenCalled();
    breaker.subscribe({ onCall: () => undefined });
    good(breaker, 10);
    expect(reads).toHaveBeenCalledTimes(10);
  });
});

describe('the order', () => {
  it('is own listeners first, then shared ones, each as it came', () => {
    const heard: string[] = [];
    const hears = (name: string): Listener => ({ onTransition: () => heard.push(name) });
    const { breaker } = aBreaker({ listeners: [hears('a'), hears('b')] });
    breaker.subscribe(hears('c'));
    breaker.disable();
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('shows the final state to every listener', () => {
    const seen: string[] = [];
    const { breaker } = aBreaker();
    breaker.subscribe({ onCall: () => seen.push(`call: ${breaker.state}`) });
    breaker.subscribe({ onTransition: ({ to }) => seen.push(`${to}: ${breaker.state}`) });
    bad(breaker, 3);
    expect(seen).toEqual(['call: closed', 'call: closed', 'call: open', 'open: open']);
  });

  it('is kept for what a listener causes: that comes after the signal at hand, for everybody', () => {
    const heard: string[] = [];
    const record = (name: string) => (signal: Signal) =>
      heard.push(`${name} ${signal.kind === 'transition' ? signal.to : signal.kind}`);
    const { breaker } = aBreaker({
      listeners: [
        {
          onTransition: (signal) => {
            record('a')(signal);
            if (signal.to === 'open') breaker.reset();
            if (signal.to === 'closed') breaker.disable();
          },
        },
        { onTransition: record('b') },
      ],
    });
    bad(breaker, 3);
    expect(breaker.state).toBe('disabled');
    expect(heard).toEqual(['a open', 'b open', 'a closed', 'b closed', 'a disabled', 'b disabled']);
  });
});
