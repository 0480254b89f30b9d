import { Injectable, Logger, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  CircuitBreaker,
  FluxgateModule,
  getBreakerToken,
  InjectBreaker,
  InjectKeyedBreaker,
  KeyedBreakers,
  LoggerListener,
  TypeOf,
  type Breaker,
} from 'nestjs-fluxgate';
import { FluxgateTestingModule, FluxgateTestKit } from 'nestjs-fluxgate/testing';

import { closeAll, messageOf, start, startBare } from '../apps.js';

afterEach(closeAll);

const breakers = { gateway: { keys: { max: 3 } }, shop: {} };

@Injectable()
class Client {
  @InjectKeyedBreaker('gateway')
  readonly byProperty!: KeyedBreakers;
  constructor(@InjectKeyedBreaker('gateway') readonly gateway: KeyedBreakers) {}
}

describe('@InjectKeyedBreaker', () => {
  it('injects the group, and so does its token', async () => {
    const app = await start({ providers: [Client] }, { breakers });
    const group = app.get(BreakerRegistry).keyed('gateway');
    expect(app.get(Client).gateway).toBe(group);
    expect(app.get(Client).byProperty).toBe(group);
    expect(app.get(getBreakerToken('gateway'))).toBe(group);
  });

  it('of options that are awaited', async () => {
    const app = await startBare({
      imports: [
        FluxgateModule.forRootAsync({ useFactory: async () => ({ breakers, logger: false as const }) }),
      ],
      providers: [Client],
    });
    expect(app.get(Client).gateway).toBe(app.get(BreakerRegistry).keyed('gateway'));
  });

  it('of a breaker without keys fails bootstrap, with the fix', async () => {
    @Injectable()
    class Wrong {
      constructor(@InjectKeyedBreaker('shop') readonly shop: KeyedBreakers) {}
    }
    expect(await messageOf(start({ providers: [Wrong] }, { breakers }))).toBe(
      `FluxgateModule: Wrong: the breaker "shop" has no keys. Use @InjectBreaker('shop'), or give it some: breakers: { "shop": { keys: {} } }.`,
    );
  });

  it('is what @InjectBreaker says to use for breakers per key', async () => {
    @Injectable()
    class Wrong {
      constructor(@InjectBreaker('gateway') readonly gateway: Breaker) {}
    }
    expect(await messageOf(start({ providers: [Wrong] }, { breakers }))).toBe(
      `FluxgateModule: Wrong: "gateway" has one breaker per key. Use @InjectKeyedBreaker('gateway'): it gives all of them, as KeyedBreakers.`,
    );
  });

  it('of an unknown name fails bootstrap, with the nearest one', async () => {
    @Injectable()
    class Wrong {
      constructor(@InjectKeyedBreaker('gatway') readonly gateway: KeyedBreakers) {}
    }
    expect(await messageOf(start({ providers: [Wrong] }, { breakers }))).toContain(
      'Wrong: no circuit breaker is called "gatway". Did you mean "gateway"? Registered: shop, gateway.',
    );
  });

  it('refuses a bad name and a bad place at once', () => {
    expect(() => InjectKeyedBreaker('')).toThrow('@InjectKeyedBreaker: name must be');
    expect(() => InjectKeyedBreaker('gateway')(class Wrong {}, 'method', 0)).toThrow(
      "@InjectKeyedBreaker('gateway') on Wrong.method: Nest injects",
    );
  });
});

describe('the keys in the options of the module', () => {
  it('are checked with everything else, with their path', () => {
    const wrong = { gateway: { keys: { max: -1, whenFull: 'never' }, maxHalfOpenCalls: 0 } } as never;
    expect(() => FluxgateModule.forRoot({ breakers: wrong })).toThrow(
      /breakers\.gateway\.maxHalfOpenCalls .*\n.*breakers\.gateway\.keys\.max .*\n.*breakers\.gateway\.keys\.whenFull/,
    );
  });

  it('may be those of a breaker that a feature owns, with a tracker of the feature', async () => {
    @Injectable()
    class Calls {
      @CircuitBreaker('hosts', { key: (host: string) => host })
      call(_host: string): never {
        throw new TypeError('not counted here');
      }
    }
    @Module({
      imports: [
        FluxgateModule.forFeature({
          breakers: { hosts: { keys: {} } },
          trackers: { hosts: TypeOf(RangeError) },
        }),
      ],
      providers: [Calls],
    })
    class Feature {}
    const app = await start({ imports: [Feature] }, { breakers });
    expect(() => app.get(Calls).call('a')).toThrow(TypeError);
    expect(app.get(BreakerRegistry).keyed('hosts').for('a').state).toBe('closed');
  });

  it('of a feature are refused when the name is taken', async () => {
    @Module({ imports: [FluxgateModule.forFeature({ breakers: { gateway: { keys: {} } } })] })
    class Feature {}
    expect(await messageOf(start({ imports: [Feature] }, { breakers }))).toContain(
      'breakers.gateway: a breaker called "gateway" is registered already.',
    );
  });
});

describe('the logger, for breakers per key', () => {
  it('tells a kind of fault once a minute for the whole group, and keeps nothing per key', () => {
    const told: string[] = [];
    const logger = new LoggerListener(
      Object.assign(new Logger(), { warn: (text: string) => void told.push(text) }),
    );
    const group = new KeyedBreakers('gateway', {
      keys: {},
      listeners: [logger],
      tracker: () => {
        throw new Error('ill');
      },
    });
    for (const key of ['a', 'b']) group.for(key).acquire().fail(new Error('down'));
    expect(told).toEqual(['gateway[a]: its tracker failed (calls go on; told once a minute): Error: ill']);
  });
});

describe('the testing kit, for breakers per key', () => {
  it('makes what is asked for, lets calls through, and opens on demand', async () => {
    @Injectable()
    class Calls {
      @CircuitBreaker('hosts', { key: (host: string) => host, fallback: () => 'instead' })
      async call(host: string): Promise<string> {
        return host;
      }
    }
    const app = await startBare({
      imports: [FluxgateTestingModule.forRoot()],
      providers: [Calls, Client],
    });
    const kit = app.get(FluxgateTestKit);
    expect(await app.get(Calls).call('a')).toBe('a');
    kit.forceOpen('hosts');
    expect(await app.get(Calls).call('a')).toBe('instead');
    kit.reset();
    expect(kit.keyed('hosts').for('a').state).toBe('closed');
    expect(kit.keyed('fresh').for('a').state).toBe('metrics_only');
    expect(app.get(Client).gateway).toBe(kit.keyed('gateway'));
  });

  it('says what to use instead for the wrong kind', async () => {
    const app = await startBare({ imports: [FluxgateTestingModule.forRoot()] });
    const kit = app.get(FluxgateTestKit);
    kit.keyed('hosts');
    kit.breaker('shop');
    expect(() => kit.breaker('hosts')).toThrow('Use keyed("hosts").for(key)');
    expect(() => kit.keyed('shop')).toThrow('the breaker "shop" has no keys');
  });
});
