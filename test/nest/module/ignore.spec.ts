import { Controller, Get, Injectable, Module } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  All,
  CircuitBreaker,
  FluxgateModule,
  HttpStatusIn,
  TrackWhen,
  TypeOf,
  type FluxgateFeatureOptions,
} from 'nestjs-fluxgate';

import { calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

class E0 extends Error {}
class E1 extends Error {}
class E2 extends Error {}
class E3 extends Error {}
class E4 extends Error {}
class E5 extends Error {}
class E6 extends Error {}
const ALL = [E0, E1, E2, E3, E4, E5, E6];
type Level = 0 | 1 | 2 | 3 | 4 | 5;

interface Task {
  run(error: Error): Promise<void>;
}

const fail = async (error: Error): Promise<void> => {
  throw error;
};

/** Which of the seven errors does a call through `shop` ignore? */
async function ignored(task: Task, app: TestingModule): Promise<string[]> {
  const names: string[] = [];
  for (const type of ALL) {
    const before = calls(app)['ignored'] ?? 0;
    await task.run(new type()).catch(() => {});
    if ((calls(app)['ignored'] ?? 0) > before) names.push(type.name);
  }
  return names;
}

const none = (): void => {};

/** An app with ignore at some levels, and a tracker at others; level n ignores, or counts all but, the error En. */
async function ignoredWith(ignoring: readonly Level[], tracking: readonly Level[] = []): Promise<string[]> {
  const at = (level: Level) => ({
    ignore: ignoring.includes(level) ? TypeOf(ALL[level]!) : undefined,
    tracker: tracking.includes(level) ? TypeOf(ALL[level]!).not() : undefined,
  });
  const on = (level: Level): ClassDecorator & MethodDecorator => {
    const { ignore, tracker } = at(level);
    const narrowing = ignore === undefined ? [] : [{ ignore: [ignore] }];
    const rules = tracker === undefined ? [] : [tracker];
    return rules.length + narrowing.length === 0 ? none : TrackWhen(...rules, ...narrowing);
  };
  @Injectable()
  @on(1)
  class Job implements Task {
    @on(0)
    @CircuitBreaker('shop')
    run(error: Error): Promise<void> {
      return fail(error);
    }
  }
  const forShop = at(2);
  const feature: FluxgateFeatureOptions = {
    ...at(3),
    ...(forShop.ignore === undefined ? {} : { ignores: { shop: forShop.ignore } }),
    ...(forShop.tracker === undefined ? {} : { trackers: { shop: forShop.tracker } }),
  };
  @Module({ imports: [FluxgateModule.forFeature(feature)], providers: [Job] })
  class JobModule {}
  const app = await start({ imports: [JobModule] }, { breakers: { shop: at(4) }, defaults: at(5) });
  return ignored(app.get(Job, { strict: false }), app);
}

describe('the nearest ignore wins', () => {
  it.each<[string, Level[], string[]]>([
    ['the method', [0, 1, 2, 3, 4, 5], ['E0']],
    ['then its class', [1, 2, 3, 4, 5], ['E1']],
    ['then forFeature, for this breaker', [2, 3, 4, 5], ['E2']],
    ['then forFeature', [3, 4, 5], ['E3']],
    ["then the breaker's own", [4, 5], ['E4']],
    ['then the defaults', [5], ['E5']],
    ['then none is ignored', [], []],
  ])('%s', async (_what, levels, names) => {
    expect(await ignoredWith(levels)).toEqual(names);
  });

  it.each<[string, Level[], Level[], string[]]>([
    ['a tracker on the method hides no ignore of the defaults', [5], [0], ['E0', 'E5']],
    ['ignore on the method hides no tracker of the defaults', [0], [5], ['E0', 'E5']],
    ['ignore on the class hides no tracker of the module', [1], [3], ['E1', 'E3']],
    ['a tracker of the module hides no ignore of the breaker', [4], [2], ['E2', 'E4']],
    ['both at one place', [2], [2], ['E2']],
  ])('independently of the tracker: %s', async (_what, ignoring, tracking, names) => {
    expect(await ignoredWith(ignoring, tracking)).toEqual(names);
  });

  it('ignore in @CircuitBreaker is one of the method, of a class one of its handlers', async () => {
    @Injectable()
    @TrackWhen({ ignore: [E1] })
    class Job implements Task {
      @CircuitBreaker('shop', { ignore: TypeOf(E0) })
      run(error: Error): Promise<void> {
        return fail(error);
      }
    }
    @Controller()
    @CircuitBreaker('shop', { ignore: TypeOf(E2) })
    class Desk {
      @Get('a')
      run(error: Error): Promise<void> {
        return fail(error);
      }
      @Get('b')
      @TrackWhen({ ignore: [E3] })
      near(error: Error): Promise<void> {
        return fail(error);
      }
    }
    const app = await start({ providers: [Job], controllers: [Desk] }, { defaults: {} });
    expect(await ignored(app.get(Job), app)).toEqual(['E0']);
    const desk = app.get(Desk);
    expect(await ignored(desk, app)).toEqual(['E2']);
    expect(await ignored({ run: (error) => desk.near(error) }, app)).toEqual(['E3']);
  });

  it('a subclass that says what is ignored keeps the rules of its base class, and the other way round', async () => {
    @TrackWhen(E1, { ignore: [E2] })
    class Base implements Task {
      @CircuitBreaker('shop')
      run(error: Error): Promise<void> {
        return fail(error);
      }
    }
    @Injectable()
    @TrackWhen({ ignore: [E3] })
    class Ignoring extends Base {}
    @Injectable()
    @TrackWhen(E4)
    class Counting extends Base {}
    const options = { defaults: {}, breakers: { shop: { untracked: 'success' as const } } };
    const app = await start({ providers: [Ignoring, Counting] }, options);
    expect(await ignored(app.get(Ignoring), app)).toEqual(['E3']);
    expect(calls(app)).toMatchObject({ failure: 1 }); // E1
    expect(await ignored(app.get(Counting), app)).toEqual(['E2']);
    expect(calls(app)).toMatchObject({ failure: 2 }); // E4
  });
});

it('a 404 is proof of life, a validation error says nothing', async () => {
  class ValidationError extends Error {}
  @Injectable()
  class Orders {
    @CircuitBreaker('shop')
    @TrackWhen({ except: [HttpStatusIn(404)], ignore: [ValidationError] })
    run(error: unknown): Promise<void> {
      return fail(error as Error);
    }
  }
  const app = await start(
    { providers: [Orders] },
    { defaults: {}, breakers: { shop: { untracked: 'success' } } },
  );
  for (const error of [{ status: 404 }, new ValidationError(), new ValidationError(), { status: 503 }]) {
    await app
      .get(Orders)
      .run(error)
      .catch(() => {});
  }
  expect(calls(app)).toEqual({ success: 1, ignored: 2, failure: 1 });
});

describe('ignore is refused', () => {
  it.each(['above', 'below'])('by @TrackWhen %s a @CircuitBreaker that has one too', (place) => {
    const decorators = [TrackWhen({ ignore: [E1] }), CircuitBreaker({ ignore: TypeOf(E2) })] as const;
    const [first, second] = place === 'above' ? decorators : [decorators[1], decorators[0]];
    const text = 'has ignore in @TrackWhen and in @CircuitBreaker. Which one counts? Keep one of them.';
    expect(() => {
      class Shop {
        @first
        @second
        buy(): void {}
      }
      return Shop;
    }).toThrow(new TypeError(`Shop.buy ${text}`));
    expect(() => {
      @first
      @second
      @Controller()
      class Shop {}
      return Shop;
    }).toThrow(new TypeError(`Shop ${text}`));
  });

  it('not where one says what counts and the other what is ignored', () => {
    expect(() => {
      class Shop {
        @TrackWhen({ ignore: [E1] })
        @CircuitBreaker('shop', All())
        buy(): void {}

        @CircuitBreaker({ ignore: TypeOf(E1) })
        @TrackWhen(E2)
        sell(): void {}
      }
      return Shop;
    }).not.toThrow();
  });

  it('in a @CircuitBreaker that gives a class', () => {
    expect(() => CircuitBreaker({ ignore: E1 as never })).toThrow(
      new TypeError(
        '@CircuitBreaker: ignore: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got function E1. For a class use TypeOf(E1).',
      ),
    );
  });

  it('by a second @TrackWhen, and where nothing is guarded', async () => {
    expect(() => {
      class Shop {
        @TrackWhen({ ignore: [E1] })
        @TrackWhen(E2)
        buy(): void {}
      }
      return Shop;
    }).toThrow(new TypeError('Shop.buy has @TrackWhen twice. Put all rules into one.'));
    @Injectable()
    @TrackWhen({ ignore: [E1] })
    class Idle {
      buy(): void {}
    }
    expect(await messageOf(start({ providers: [Idle] }))).toBe(
      'FluxgateModule: @TrackWhen on class Idle: none of its methods has @CircuitBreaker.',
    );
  });

  it('by two forFeature of one module, and for unknown names, all at once', async () => {
    @Module({
      imports: [
        FluxgateModule.forFeature({ ignore: TypeOf(E1), ignores: { shop: TypeOf(E1), shopp: TypeOf(E1) } }),
        FluxgateModule.forFeature({ ignore: TypeOf(E2), ignores: { shop: TypeOf(E2) } }),
        FluxgateModule.forFeature({ tracker: TypeOf(E2), trackers: { shop: TypeOf(E2) } }),
      ],
    })
    class Feature {}
    expect(await messageOf(start({ imports: [Feature] }))).toBe(
      'FluxgateModule: 3 problems:\n' +
        '  - Feature imports two forFeature with ignore. Keep one.\n' +
        '  - Feature imports two forFeature with ignore for "shop". Keep one.\n' +
        '  - forFeature in Feature: ignores: no circuit breaker is called "shopp". Did you mean "shop"? ' +
        'Registered: shop. Add it to the breakers of FluxgateModule.forRoot or forFeature.',
    );
  });
});
