import {
  Inject,
  Injectable,
  Module,
  Scope,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  CircuitBreaker,
  CircuitBreakerInterceptor,
  FluxgateModule,
  TrackWhen,
  TypeOf,
  type FluxgateFeatureOptions,
  type TrackerLike,
} from 'nestjs-fluxgate';

import { brittle, calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

class E0 extends Error {}
class E1 extends Error {}
class E2 extends Error {}
class E3 extends Error {}
class E4 extends Error {}
class E5 extends Error {}
class E6 extends Error {}
const ALL = [E0, E1, E2, E3, E4, E5, E6];

interface Task {
  run(error: Error): Promise<void>;
}

async function fail(error: Error): Promise<void> {
  throw error;
}

/** Which of the seven errors does a call through `shop` count? */
async function counted(task: Task, app: TestingModule): Promise<string[]> {
  const names: string[] = [];
  for (const type of ALL) {
    const before = calls(app)['failure'] ?? 0;
    await task.run(new type()).catch(() => {});
    if ((calls(app)['failure'] ?? 0) > before) names.push(type.name);
  }
  return names;
}

describe('the nearest tracker wins', () => {
  /** An app with a tracker at each of the levels; level n counts the error En. */
  async function countedWith(...levels: (0 | 1 | 2 | 3 | 4 | 5)[]): Promise<string[]> {
    const at = <T>(level: 0 | 1 | 2 | 3 | 4 | 5, value: T): T | undefined =>
      levels.includes(level) ? value : undefined;
    const tracker = (level: number): TrackerLike => TypeOf(ALL[level]!);
    const none = (): void => {};
    @Injectable()
    @(at(1, TrackWhen(E1) as ClassDecorator) ?? none)
    class Job implements Task {
      @(at(0, TrackWhen(E0) as MethodDecorator) ?? none)
      @CircuitBreaker('shop')
      run(error: Error): Promise<void> {
        return fail(error);
      }
    }
    const trackers = at(2, { shop: tracker(2) });
    @Module({
      imports: [FluxgateModule.forFeature({ tracker: at(3, tracker(3)), trackers })],
      providers: [Job],
    })
    class JobModule {}
    const app = await start(
      { imports: [JobModule] },
      { breakers: { shop: { tracker: at(4, tracker(4)) } }, defaults: { tracker: at(5, tracker(5)) } },
    );
    return counted(app.get(Job, { strict: false }), app);
  }

  it.each<[string, (0 | 1 | 2 | 3 | 4 | 5)[], string[]]>([
    ['the method', [0, 1, 2, 3, 4, 5], ['E0']],
    ['then its class', [1, 2, 3, 4, 5], ['E1']],
    ['then forFeature, for this breaker', [2, 3, 4, 5], ['E2']],
    ['then forFeature', [3, 4, 5], ['E3']],
    ["then the breaker's own", [4, 5], ['E4']],
    ['then the defaults', [5], ['E5']],
    ['then every error', [], ALL.map(({ name }) => name)],
  ])('%s', async (_what, levels, names) => {
    expect(await countedWith(...levels)).toEqual(names);
  });

  it('a tracker in @CircuitBreaker is one of the method', async () => {
    @Injectable()
    @TrackWhen(E1)
    class Job implements Task {
      @CircuitBreaker('shop', TypeOf(E0))
      run(error: Error): Promise<void> {
        return fail(error);
      }
    }
    const app = await start({ providers: [Job] }, { defaults: {} });
    expect(await counted(app.get(Job), app)).toEqual(['E0']);
  });
});

@Injectable()
class Job implements Task {
  @CircuitBreaker('shop')
  run(error: Error): Promise<void> {
    return fail(error);
  }
}

/** A module with the job, under a token of its own. */
function jobModule(
  token: string,
  imports: DynamicModule[],
  provider: object = { useClass: Job },
): Type<unknown> {
  @Module({ imports, providers: [{ provide: token, ...provider } as Provider], exports: [token] })
  class JobModule {}
  return JobModule;
}

const feature = (options: FluxgateFeatureOptions): DynamicModule => FluxgateModule.forFeature(options);

describe('forFeature', () => {
  it.each(['reference', 'deep-hash'] as const)(
    'holds for the module that imports it, also where two have equal shape (%s)',
    async (moduleIdGeneratorAlgorithm) => {
      const same = (type: Type<Error>): DynamicModule =>
        feature({ tracker: (error) => error instanceof type });
      const app = await Test.createTestingModule(
        {
          imports: [
            brittle({ defaults: {} }),
            jobModule('ONE', [same(E1)]),
            jobModule('TWO', [same(E2)]),
            jobModule('NONE', []),
          ],
        },
        { moduleIdGeneratorAlgorithm },
      ).compile();
      const countedBy = (token: string) => counted(app.get<Task>(token), app);
      expect(await countedBy('ONE')).toEqual(['E1']);
      expect(await countedBy('TWO')).toEqual(['E2']);
      expect(await countedBy('NONE')).toHaveLength(ALL.length);
      await app.close();
    },
  );

  it('holds for request-scoped classes, factories and values of its module too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestJob extends Job {}
    const imports = [feature({ tracker: TypeOf(E1) })];
    const app = await start(
      {
        imports: [
          jobModule('REQUEST', imports, { useClass: RequestJob }),
          jobModule('FACTORY', imports, { useFactory: () => new Job() }),
          jobModule('VALUE', imports, { useValue: new Job() }),
        ],
      },
      { defaults: {} },
    );
    const perRequest = await app.resolve<Task>('REQUEST', ContextIdFactory.create(), { strict: false });
    for (const job of [perRequest, app.get<Task>('FACTORY'), app.get<Task>('VALUE')]) {
      expect(await counted(job, app)).toEqual(['E1']);
    }
  });

  it('holds for what its factory made also where another module has it under another name', async () => {
    const factory = jobModule('FACTORY', [feature({ tracker: TypeOf(E1) })], { useFactory: () => new Job() });
    @Module({ imports: [factory], providers: [{ provide: 'ALIAS', useExisting: 'FACTORY' }] })
    class AliasModule {}
    const app = await start({ imports: [AliasModule] }, { defaults: {} });
    expect(await counted(app.get<Task>('ALIAS', { strict: false }), app)).toEqual(['E1']);
  });

  it('holds for an object of its module also when that is bound by hand again', async () => {
    const app = await start(
      { imports: [jobModule('JOB', [feature({ tracker: TypeOf(E1) })])] },
      { defaults: {} },
    );
    const job = app.get(CircuitBreakerInterceptor).bind(app.get<Task>('JOB'));
    expect(await counted(job, app)).toEqual(['E1']);
  });

  it('does not hold for classes of other modules that use the breaker', async () => {
    @Injectable()
    class Outside {
      constructor(@Inject('INSIDE') readonly inside: Task) {}
      @CircuitBreaker('shop')
      run(error: Error): Promise<void> {
        return fail(error);
      }
    }
    const inside = jobModule('INSIDE', [feature({ tracker: TypeOf(E1) })]);
    const app = await start({ imports: [inside], providers: [Outside] }, { defaults: {} });
    expect(await counted(app.get(Outside), app)).toHaveLength(ALL.length);
    expect(await counted(app.get(Outside).inside, app)).toEqual(['E1']);
  });

  it('holds in a lazy module, and its unknown names do not load', async () => {
    const app = await start({}, { defaults: {} });
    const loader = app.get(LazyModuleLoader);
    const good = jobModule('LAZY', [feature({ tracker: TypeOf(E1) })]);
    const lazy = await loader.load(() => good);
    expect(await counted(lazy.get<Task>('LAZY'), app)).toEqual(['E1']);
    const bad = jobModule('BAD', [feature({ trackers: { shopp: TypeOf(E1) } })]);
    expect(await messageOf(loader.load(() => bad))).toMatch(
      /^FluxgateModule: forFeature in JobModule: trackers: no circuit breaker is called "shopp"\. Did you mean "shop"\?/,
    );
    const next = jobModule('NEXT', [feature({ tracker: TypeOf(E2) })]);
    expect(await counted((await loader.load(() => next)).get<Task>('NEXT'), app)).toEqual(['E2']);
  });

  it('twice in one module is put together', async () => {
    const module = jobModule('JOB', [
      feature({ trackers: { bank: TypeOf(E2) } }),
      feature({ tracker: TypeOf(E3) }),
      feature({ trackers: { shop: TypeOf(E1) } }),
    ]);
    const app = await start({ imports: [module] }, { defaults: {}, breakers: { shop: {}, bank: {} } });
    expect(await counted(app.get<Task>('JOB'), app)).toEqual(['E1']);
  });

  it('twice in one module with the same to say fails bootstrap', async () => {
    const module = jobModule('JOB', [
      feature({ tracker: TypeOf(E1), trackers: { shop: TypeOf(E1) } }),
      feature({ tracker: TypeOf(E2), trackers: { shop: TypeOf(E2) } }),
    ]);
    expect(await messageOf(start({ imports: [module] }))).toBe(
      'FluxgateModule: 2 problems:\n' +
        '  - JobModule imports two forFeature with a tracker. Keep one.\n' +
        '  - JobModule imports two forFeature with a tracker for "shop". Keep one.',
    );
  });

  it('may be imported twice as one: that is one feature', async () => {
    const shared = feature({ tracker: TypeOf(E1), breakers: { owned: {} } });
    const app = await start(
      { imports: [jobModule('ONE', [shared, shared]), jobModule('TWO', [shared])] },
      { defaults: {} },
    );
    expect(await counted(app.get<Task>('ONE'), app)).toEqual(['E1']);
    expect(await counted(app.get<Task>('TWO'), app)).toEqual(['E1']);
  });
});
