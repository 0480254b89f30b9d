import { Inject, Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  CircuitBreaker,
  CountWindow,
  FluxgateModule,
  InjectBreaker,
  MinRequests,
  type Breaker,
  type BreakerOptions,
} from 'nestjs-fluxgate';

import { BRITTLE, breakerOf, calls, closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

@Injectable()
class Ledger {
  constructor(
    @InjectBreaker('ledger') readonly breaker: Breaker,
    @Inject(BreakerRegistry) registry: BreakerRegistry,
  ) {
    this.names = registry.names();
  }
  readonly names: string[];
  @CircuitBreaker('ledger')
  async post(): Promise<void> {}
}

const feature = (breakers: Record<string, BreakerOptions>): DynamicModule =>
  FluxgateModule.forFeature({ breakers });

function ledgerModule(imports: DynamicModule[]): Type<unknown> {
  @Module({ imports, providers: [Ledger] })
  class LedgerModule {}
  return LedgerModule;
}

describe('a breaker that a feature owns', () => {
  it('is injected in its module, known by name, and has the defaults of the root', async () => {
    const app = await start({ imports: [ledgerModule([feature({ ledger: {} })])] });
    const ledger = app.get(Ledger, { strict: false });
    await ledger.post();
    expect(ledger.breaker).toBe(breakerOf(app, 'ledger'));
    expect(calls(app, 'ledger')).toEqual({ success: 1 });
    expect(ledger.breaker.snapshot().rules.tripper).toBe('FailureStreak(1)');
    expect(ledger.names).toEqual(['shop', 'ledger']);
  });

  it('is known in other modules, whichever Nest makes first', async () => {
    @Module({})
    class OwnerModule {
      static readonly owning = { module: OwnerModule, imports: [feature({ ledger: {} })] };
    }
    for (const imports of [
      [OwnerModule.owning, ledgerModule([])],
      [ledgerModule([]), OwnerModule.owning],
    ]) {
      const app = await start({ imports });
      const ledger = app.get(Ledger, { strict: false });
      await ledger.post();
      expect(ledger.breaker).toBe(breakerOf(app, 'ledger'));
      await closeAll();
    }
  });

  it('is injected in the root module that imports the feature beside forRoot', async () => {
    const app = await start({ imports: [feature({ ledger: {} })], providers: [Ledger] });
    expect(app.get(Ledger).breaker).toBe(breakerOf(app, 'ledger'));
  });

  it('comes with a lazy module', async () => {
    const app = await start({});
    const lazy = ledgerModule([feature({ ledger: {} })]);
    const module = await app.get(LazyModuleLoader).load(() => lazy);
    await module.get(Ledger).post();
    expect(module.get(Ledger).breaker).toBe(breakerOf(app, 'ledger'));
    expect(calls(app, 'ledger')).toEqual({ success: 1 });
  });

  it('is known to a lazy class that only its decorator names', async () => {
    @Injectable()
    class Quiet {
      @CircuitBreaker('ledger')
      async post(): Promise<void> {}
    }
    @Module({ imports: [feature({ ledger: {} })], providers: [Quiet] })
    class QuietModule {}
    const app = await start({});
    await (await app.get(LazyModuleLoader).load(() => QuietModule)).get(Quiet).post();
    expect(calls(app, 'ledger')).toEqual({ success: 1 });
  });

  it('is known to a lazy class that calls itself in its constructor', async () => {
    @Injectable()
    class Eager {
      readonly first = this.post();
      @CircuitBreaker('ledger')
      async post(): Promise<string> {
        return 'posted';
      }
    }
    @Module({ imports: [feature({ ledger: {} })], providers: [Eager] })
    class EagerModule {}
    const app = await start({});
    const module = await app.get(LazyModuleLoader).load(() => EagerModule);
    expect(await module.get(Eager).first).toBe('posted');
    expect(calls(app, 'ledger')).toEqual({ success: 1 });
  });

  it('is there when anybody gets the registry', async () => {
    @Injectable()
    class Monitor {
      readonly names: string[];
      constructor(@Inject(BreakerRegistry) registry: BreakerRegistry) {
        this.names = registry.names();
      }
    }
    const app = await start({ providers: [Monitor], imports: [ledgerModule([feature({ ledger: {} })])] });
    expect(app.get(Monitor).names).toEqual(['shop', 'ledger']);
  });

  it('does not take a name that is taken: all of them are told, with their modules', async () => {
    @Module({ imports: [feature({ ledger: {}, shop: {} })] })
    class OtherModule {}
    const imports = [ledgerModule([feature({ ledger: {} })]), OtherModule];
    expect(await messageOf(start({ imports }))).toBe(
      'FluxgateModule: 2 problems:\n' +
        '  - forFeature in OtherModule: breakers.ledger: a breaker called "ledger" is registered already. Choose another name.\n' +
        '  - forFeature in OtherModule: breakers.shop: a breaker called "shop" is registered already. Choose another name.',
    );
  });

  it('does not take a name that is taken: the modules that import the feature are told', async () => {
    const taken = feature({ shop: {} });
    @Module({ imports: [taken] })
    class OtherModule {}
    expect(await messageOf(start({ imports: [ledgerModule([taken]), OtherModule] }))).toMatch(
      /^FluxgateModule: forFeature in LedgerModule and OtherModule: breakers\.shop: /,
    );
  });

  it('does not take a name in a lazy module either; the app goes on', async () => {
    const app = await start({});
    const loader = app.get(LazyModuleLoader);
    const lazy = ledgerModule([feature({ shop: {}, ledger: {} })]);
    expect(await messageOf(loader.load(() => lazy))).toContain(
      'forFeature in LedgerModule: breakers.shop: a breaker called "shop" is registered already.',
    );
    expect(app.get(BreakerRegistry).names()).toEqual(['shop']);
    const next = feature({ next: {} });
    await loader.load(() => next);
    expect(app.get(BreakerRegistry).names()).toEqual(['shop', 'next']);
  });

  it('may need the window of the defaults', async () => {
    const large = { ledger: { tripper: MinRequests(300) } };
    const imports = [ledgerModule([feature(large)])];
    const defaults = { ...BRITTLE, window: CountWindow(500) };
    await expect(start({ imports }, { defaults })).resolves.toBeDefined();
    await closeAll();
    expect(await messageOf(start({ imports: [ledgerModule([feature(large)])] }))).toMatch(
      /^FluxgateModule: forFeature in LedgerModule: breakers\.ledger\.tripper: .*300/,
    );
  });
});

describe('forFeature refuses at once, with full paths', () => {
  const forFeature = FluxgateModule.forFeature as (options?: unknown) => DynamicModule;
  const at = 'FluxgateModule.forFeature:';

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'options must be an options object, got undefined.'],
    ['a list', [], 'options must be an options object, got an array of 0.'],
    ['an unknown option', { breaker: {} }, 'options.breaker is not an option. Did you mean breakers?'],
    [
      'a class as tracker',
      { tracker: RangeError },
      'tracker: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got function RangeError. For a class use TypeOf(RangeError).',
    ],
    [
      'trackers that are a list',
      { trackers: [] },
      'trackers must be an object of trackers by breaker name, got an array of 0.',
    ],
    [
      'a tracker that is none',
      { trackers: { shop: 5 } },
      'trackers.shop: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got 5.',
    ],
    [
      'ignore that is no tracker',
      { ignore: 404 },
      'ignore: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got 404.',
    ],
    [
      'ignores that are a map',
      { ignores: new Map() },
      'ignores must be an object of trackers by breaker name, got an object (Map).',
    ],
    [
      'ignores that hold none',
      { ignores: { shop: undefined } },
      'ignores.shop: a tracker must be a tracker of this package, a function of (error) or an object with isFailure(error), got undefined.',
    ],
    [
      'breakers that are a map',
      { breakers: new Map() },
      'breakers must be an object of options by breaker name, got an object (Map).',
    ],
    [
      'an option of a breaker',
      { breakers: { ledger: { maxHalfOpenCalls: 0 } } },
      'breakers.ledger.maxHalfOpenCalls must be a whole number ≥ 1, got 0.',
    ],
  ])('%s', (_what, options, text) => {
    expect(() => forFeature(options)).toThrow(`${at} ${text}`);
  });

  it('everything together', () => {
    const breakers = { '': {}, ledger: { timeoutMs: -1 } };
    expect(() => forFeature({ tracker: 1, trackers: { shop: 2 }, breakers })).toThrow(
      /^FluxgateModule\.forFeature: 4 problems:\n {2}- tracker: .*\n {2}- trackers\.shop: .*\n {2}- breakers: name must .*\n {2}- breakers\.ledger\.timeoutMs must .*$/,
    );
  });
});
