import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AllowAll,
  Breaker,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  FluxgateConfigError,
  MinRequests,
  TypeOf,
  type Tripper,
  type WarmSnapshot,
} from 'nestjs-fluxgate';
import { ManualClock } from 'nestjs-fluxgate/testing';

import { deferred, settled, type Deferred } from '../support/async.js';

// Where nobody listens, calls through a closed circuit take short cuts: no clock, no verdict on figures that did
// not change, no error rejected anew. A breaker that is listened to takes none. Both have to be in the same place.

const RUNS = Number(process.env['RUNS'] ?? 300);
const SEED = Number(process.env['SEED'] ?? 20_261_122);

const RULES = {
  streak: FailureStreak(3),
  rate: MinRequests(2).and(FailureRate(0.5)),
  strict: MinRequests(2).and(FailureRate(0.25)),
  calls: MinRequests(2),
  'few failures': MinRequests(2).and(FailureRate(0.3).not()),
} satisfies Record<string, Tripper>;

const ENDS = { good: 'value', bad: new Error('down'), ignored: new RangeError('out') } as const;
type End = keyof typeof ENDS;

type Action =
  | { readonly do: 'call'; readonly end: End; readonly isSync: boolean }
  | { readonly do: 'begin' | 'there and back' | 'save' | 'restore' }
  | { readonly do: 'end'; readonly which: number; readonly end: End }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'command'; readonly command: 'reset' | 'disable' | 'metricsOnly' | 'forceOpen' }
  | { readonly do: 'reconfigure'; readonly rule: keyof typeof RULES; readonly size: number };

const does = <What extends Action['do']>(what: What): fc.Arbitrary<What> => fc.constant(what);
const rule = fc.constantFrom(...(Object.keys(RULES) as (keyof typeof RULES)[]));
const size = fc.integer({ min: 2, max: 5 });
const end = fc.constantFrom<End>('good', 'good', 'good', 'bad', 'ignored');

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ do: does('call'), end, isSync: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: does('begin') }) },
  { weight: 6, arbitrary: fc.record({ do: does('end'), which: fc.nat(4), end }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: does('advance'), ms: fc.constantFrom(0.01, 1, 1000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: does('command'),
      command: fc.constantFrom('reset', 'disable', 'metricsOnly', 'forceOpen'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: does('reconfigure'), rule, size }) },
  { weight: 2, arbitrary: fc.record({ do: does('there and back') }) },
  { weight: 1, arbitrary: fc.record({ do: does('save') }) },
  { weight: 1, arbitrary: fc.record({ do: does('restore') }) },
);

/** What a call gave: its value, its very error, or that it was not let in. */
const given = (error: unknown): unknown => (error as { code?: string }).code ?? error;

class Twins {
  private readonly clock = new ManualClock();
  private readonly twins: readonly {
    readonly breaker: Breaker;
    readonly calls: Deferred<unknown>[];
    saved?: WarmSnapshot;
  }[];

  constructor(ruleName: keyof typeof RULES, windowSize: number) {
    const options = {
      window: CountWindow(windowSize),
      tripper: RULES[ruleName],
      retry: Cooldown(1000),
      permit: AllowAll(),
      tracker: TypeOf(RangeError).not(),
    };
    const quiet = new Breaker('payments', options, { clock: this.clock });
    const loud = new Breaker('payments', options, { clock: this.clock });
    loud.subscribe({ onCall: () => undefined });
    this.twins = [quiet, loud].map((breaker) => ({ breaker, calls: [] }));
  }

  /** The same on both; what they gave has to be the same. */
  async step(action: Action): Promise<void> {
    if (action.do === 'advance') this.clock.advance(action.ms);
    const [quiet, loud] = await Promise.all(this.twins.map((twin) => this.one(twin, action)));
    expect(quiet).toBe(loud);
    const [left, right] = this.twins.map(({ breaker }) => placeOf(breaker));
    expect(left).toEqual(right);
  }

  private async one(twin: Twins['twins'][number], action: Action): Promise<unknown> {
    const { breaker, calls } = twin;
    switch (action.do) {
      case 'call':
        return call(breaker, action.end, action.isSync);
      case 'begin': {
        const task = deferred();
        calls.push(task);
        breaker.execute(() => task.promise).catch(() => calls.splice(calls.indexOf(task), 1));
        return settled();
      }
      case 'end': {
        const [task] = calls.splice(action.which % Math.max(1, calls.length), 1);
        if (action.end === 'good') task?.resolve(ENDS.good);
        else task?.reject(ENDS[action.end]);
        return settled();
      }
      case 'command':
        return breaker[action.command]();
      case 'there and back':
        return breaker.disable() && breaker.reset();
      case 'reconfigure':
        return reconfigure(breaker, action.rule, action.size);
      case 'save':
        twin.saved = breaker.snapshot({ window: true });
        return undefined;
      case 'restore':
        if (twin.saved !== undefined) breaker.restore(twin.saved);
        return undefined;
      case 'advance':
        return undefined;
    }
  }
}

async function call(breaker: Breaker, how: End, isSync: boolean): Promise<unknown> {
  const finish = (): unknown => {
    if (how === 'good') return ENDS.good;
    throw ENDS[how];
  };
  try {
    if (isSync) return breaker.executeSync(finish);
    return await breaker.execute(async () => {
      await Promise.resolve();
      return finish();
    });
  } catch (error) {
    return given(error);
  }
}

/** Says what is refused, so that both have to refuse it. */
function reconfigure(breaker: Breaker, ruleName: keyof typeof RULES, windowSize: number): string {
  try {
    return String(breaker.reconfigure({ tripper: RULES[ruleName], window: CountWindow(windowSize) }));
  } catch (error) {
    if (error instanceof FluxgateConfigError) return error.message;
    throw error;
  }
}

function placeOf(breaker: Breaker): object {
  const { state, failureStreak, reopens, retryAfterMs, wouldTrip, metric, calls } = breaker.snapshot();
  const { totalCount, failureCount } = metric;
  return { state, failureStreak, reopens, retryAfterMs, wouldTrip, totalCount, failureCount, calls };
}

describe('a breaker that nobody listens to', () => {
  it(
    'is always where one is that tells every call',
    async () => {
      await fc.assert(
        fc.asyncProperty(rule, size, fc.array(action, { minLength: 5, maxLength: 60 }), async (...made) => {
          const [ruleName, windowSize, steps] = made;
          const twins = new Twins(ruleName, windowSize);
          for (const step of steps) await twins.step(step);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    },
    RUNS * 1000,
  );
});
