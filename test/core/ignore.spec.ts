import { describe, expect, it } from '@jest/globals';

import {
  All,
  Breaker,
  CallTimeoutException,
  CountWindow,
  FailureStreak,
  Tracker,
  TypeOf,
  type BreakerOptions,
  type Outcome,
} from '../../lib/core/index.js';
import { callSite } from '../../lib/core/call-site.js';
import { rejection, unhandled } from '../support/async.js';
import { aBreaker, aHalfOpen, bad } from '../support/breaker.js';
import { aGroup } from '../support/keyed.js';

class NotFound extends Error {}
class BadInput extends Error {}
class Down extends Error {}

/** How a call that fails so is counted. */
function outcomeOf(options: BreakerOptions, error: Error): Outcome | undefined {
  const { breaker, signals } = aBreaker(options);
  bad(breaker, 1, error);
  return signals.of('call')[0]?.outcome;
}

describe('an error is ignored if ignore matches, else a failure if it is tracked, else what untracked says', () => {
  const ignore = TypeOf(BadInput);

  it.each<[string, BreakerOptions, [Outcome, Outcome, Outcome]]>([
    ['ignore alone: all else counts', { ignore }, ['ignored', 'failure', 'failure']],
    [
      'a 404 is proof of life, a validation error says nothing',
      { ignore, tracker: TypeOf(NotFound, BadInput).not(), untracked: 'success' },
      ['ignored', 'success', 'failure'],
    ],
    ['nothing and nothing', { ignore, tracker: TypeOf(NotFound).not() }, ['ignored', 'ignored', 'failure']],
    ['ignore goes before the tracker', { ignore, tracker: All() }, ['ignored', 'failure', 'failure']],
    ['also where it is All()', { ignore: All(), untracked: 'success' }, ['ignored', 'ignored', 'ignored']],
    ['a predicate does', { ignore: (error) => error instanceof NotFound }, ['failure', 'ignored', 'failure']],
    ['it matches nothing', { ignore: All().not() }, ['failure', 'failure', 'failure']],
  ])('%s', (_, options, outcomes) => {
    const got = [new BadInput(), new NotFound(), new Down()].map((error) => outcomeOf(options, error));
    expect(got).toEqual(outcomes);
  });

  it('in half-open an ignored error frees its place and decides nothing', () => {
    const { breaker, first } = aHalfOpen({ ignore, untracked: 'success' });
    expect(first.fail(new BadInput())).toBe(false);
    expect(breaker.snapshot()).toMatchObject({
      state: 'half_open',
      probesInFlight: 0,
      calls: { ignored: 1 },
    });
  });

  it('an ignored error ends no streak, and has no fallback', async () => {
    const { breaker } = aBreaker({ ignore, tripper: FailureStreak(2) });
    bad(breaker);
    const error = new BadInput();
    expect(await rejection(breaker.execute(() => Promise.reject(error), { fallback: () => 'b' }))).toBe(
      error,
    );
    expect(breaker.snapshot()).toMatchObject({ failureStreak: 1, lastError: 'Error: down' });
    bad(breaker);
    expect(breaker.state).toBe('open');
  });

  it('says nothing of values: trackResult is asked as before', async () => {
    const { breaker } = aBreaker({ ignore: All(), trackResult: () => true });
    await breaker.execute(() => 'value');
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 0 });
  });

  it('says nothing of the own time limit: a call past it is a failure', async () => {
    const { breaker, clock } = aBreaker({ ignore: All(), timeoutMs: 10 });
    const call = rejection(breaker.execute(() => new Promise(() => undefined)));
    clock.advance(10);
    expect(await call).toBeInstanceOf(CallTimeoutException);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, ignored: 0 });
  });

  it('the call site has its own, independently of its tracker', () => {
    const { breaker } = aBreaker({ ignore, tracker: TypeOf(Down) });
    const failing = (error: Error, options: object): Outcome => {
      const before = breaker.snapshot().calls;
      breaker.acquire(options).fail(error);
      const after = breaker.snapshot().calls;
      return after.failure > before.failure ? 'failure' : 'ignored';
    };
    expect(failing(new Down(), { ignore: TypeOf(Down) })).toBe('ignored');
    expect(failing(new BadInput(), { tracker: All() })).toBe('ignored');
    expect(failing(new BadInput(), { tracker: All(), ignore: All().not() })).toBe('failure');
  });

  it('is asked about every kind of call', async () => {
    const { breaker } = aBreaker({ ignore });
    const error = new BadInput();
    const fail = (): never => {
      throw error;
    };
    await rejection(breaker.execute(async () => fail()));
    expect(() => breaker.executeSync(fail)).toThrow(error);
    await rejection(
      breaker
        .iterate(async function* () {
          yield 1;
          fail();
        })
        .next()
        .then(() => fail()),
    );
    await rejection(breaker.wrap(async () => fail())());
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 3, failure: 0 });
  });
});

describe('an ignore tracker at fault', () => {
  const broken = (): never => {
    throw new TypeError('my rule');
  };

  it.each<[string, BreakerOptions, Outcome]>([
    ['tracked', { ignore: broken }, 'failure'],
    ['not tracked', { ignore: broken, tracker: TypeOf(NotFound) }, 'ignored'],
    ['proof of life', { ignore: broken, tracker: TypeOf(NotFound), untracked: 'success' }, 'success'],
  ])('has not matched: what is %s stays so, and the fault is told', async (_, options, outcome) => {
    const { breaker, signals } = aBreaker(options);
    const error = new Down();
    expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(signals.of('call')[0]).toMatchObject({ outcome });
    expect(signals.of('fault')).toMatchObject([{ source: 'ignore', error: { message: 'my rule' } }]);
  });

  it('is one that answers with a promise, and that leaves no rejection behind', async () => {
    class Own extends Tracker {
      isFailure(): boolean {
        return Promise.reject(new Error('late')) as never;
      }
    }
    const { breaker, signals } = aBreaker({ ignore: new Own() });
    expect(await unhandled(() => bad(breaker))).toEqual([]);
    expect(breaker.snapshot().calls.failure).toBe(1);
    expect(signals.of('fault')).toMatchObject([
      {
        source: 'ignore',
        error: {
          message: 'the ignore tracker returned a promise; trackers are synchronous. Return true or false.',
        },
      },
    ]);
  });
});

describe('a call that a deadline ended', () => {
  const tooLate = new DOMException('too late', 'TimeoutError');
  const site = callSite('', {});

  it('is a failure, without any tracker asked', () => {
    const { breaker } = aBreaker({ tracker: () => false, untracked: 'success' });
    expect(breaker.classifier.deadline(tooLate, site)).toBe('failure');
  });

  it('is ignored where ignore matches the reason, nearest first', () => {
    const { breaker } = aBreaker({ ignore: (error) => error === tooLate });
    expect(breaker.classifier.deadline(tooLate, site)).toBe('ignored');
    expect(breaker.classifier.deadline(tooLate, callSite('', { ignore: All().not() }))).toBe('failure');
  });

  it('is a failure where ignore is at fault, which is told', () => {
    const { breaker, signals } = aBreaker({
      ignore: () => {
        throw new Error('my rule');
      },
    });
    expect(breaker.classifier.deadline(tooLate, site)).toBe('failure');
    breaker.acquire().release(); // Signals leave with the call that they belong to.
    expect(signals.of('fault')).toMatchObject([{ source: 'ignore' }]);
  });
});

describe('ignore among the options', () => {
  it('stands in the rules as text, where there is one', () => {
    const rules = new Breaker('a', { ignore: TypeOf(BadInput).or(TypeOf(NotFound)) }).snapshot().rules;
    expect(rules.ignore).toBe('TypeOf(BadInput) | TypeOf(NotFound)');
    expect(Object.keys(rules)).toEqual(['window', 'tracker', 'ignore', 'tripper', 'retry', 'permit']);
    expect(new Breaker('a').snapshot().rules).not.toHaveProperty('ignore');
  });

  it('stands in the rules of a group too', () => {
    const { group } = aGroup({ ignore: TypeOf(BadInput) });
    expect(group.snapshot().rules.ignore).toBe('TypeOf(BadInput)');
    expect(aGroup({}).group.snapshot().rules).not.toHaveProperty('ignore');
  });

  it('can be changed while it runs, and calls that run are judged by the new one', () => {
    const { breaker, signals } = aBreaker({ window: CountWindow(9) });
    const ticket = breaker.acquire();
    breaker.reconfigure({ ignore: TypeOf(BadInput) });
    ticket.fail(new BadInput());
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 0 });
    breaker.reconfigure({ ignore: All().not() });
    bad(breaker, 1, new BadInput());
    expect(breaker.snapshot().calls).toMatchObject({ ignored: 1, failure: 1 });
    expect(signals.of('reconfigured')).toMatchObject([
      { changed: ['ignore'], isWindowKept: true, rules: { ignore: 'TypeOf(BadInput)' } },
      { changed: ['ignore'], isWindowKept: true, rules: { ignore: '!All()' } },
    ]);
  });

  it('comes from the defaults where a breaker has none', () => {
    const breaker = new Breaker('a', {}, { defaults: { ignore: TypeOf(BadInput) } });
    expect(breaker.snapshot().rules.ignore).toBe('TypeOf(BadInput)');
  });

  it('travels with a snapshot, and what it says there is not taken over', () => {
    const saved = new Breaker('a', { ignore: TypeOf(BadInput) }).snapshot({ window: true });
    const breaker = Breaker.restore(JSON.parse(JSON.stringify(saved)) as typeof saved);
    expect(breaker.snapshot().rules).not.toHaveProperty('ignore');
  });

  it('is refused where it is no tracker, at a breaker and at a call', () => {
    expect(() => new Breaker('a', { ignore: BadInput as never })).toThrow(
      'ignore: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got function BadInput. For a class use TypeOf(BadInput).',
    );
    const breaker = new Breaker('a');
    expect(() => breaker.acquire({ ignore: 5 as never })).toThrow('Breaker "a": ignore: a tracker must be');
  });
});
