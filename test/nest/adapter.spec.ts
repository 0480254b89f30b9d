import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BreakerRegistry, FluxgateConfigError, type Breaker } from 'nestjs-fluxgate';

import {
  adapterForRoot,
  adapterForRootAsync,
  groupNamesProblems,
  groupSharing,
} from '../../lib/nest/index.js';
import { closeAll, messageOf, start, startBare } from './apps.js';

interface LampOptions {
  readonly color: string;
}

/** What the adapter was bound to, and what it is bound to still. */
const lit: string[] = [];
const bound: string[] = [];

/** An adapter as every subpath has one: it shows each breaker as a lamp. */
@Module({})
class LampModule {
  static forRoot(options: LampOptions): DynamicModule {
    return adapterForRoot(lamps, options);
  }
  static forRootAsync(options: Parameters<typeof adapterForRootAsync<LampOptions>>[1]): DynamicModule {
    return adapterForRootAsync(lamps, options);
  }
}
const lamps = {
  module: LampModule,
  problems: ({ color }: LampOptions): string[] =>
    color === 'black' ? ['color must be one that shines, got "black".', 'choose another one.'] : [],
  bind: async (where: string, breakers: BreakerRegistry, { color }: LampOptions): Promise<() => void> => {
    const names = breakers.names().join(' and ');
    lit.push(`${where}: ${color} lamps for ${names}`);
    bound.push(color);
    return () => void bound.splice(bound.indexOf(color), 1);
  },
};

beforeEach(() => {
  lit.length = 0;
  bound.length = 0;
});
afterEach(closeAll);

@Injectable()
class Taste {
  readonly color = 'green';
}
@Module({ providers: [Taste], exports: [Taste] })
class TasteModule {}

describe("an adapter's module", () => {
  it('is bound to the breakers of the app, with its options, until the app is closed', async () => {
    const app = await start({ imports: [LampModule.forRoot({ color: 'red' })] });
    expect(lit).toEqual(['LampModule.forRoot: red lamps for shop']);
    expect(bound).toEqual(['red']);
    await app.close();
    expect(bound).toEqual([]);
  });

  it.each<[string, Parameters<typeof LampModule.forRootAsync>[0]]>([
    ['are awaited', { useFactory: async () => ({ color: 'green' }) }],
    [
      'are injected',
      { imports: [TasteModule], inject: [Taste], useFactory: ({ color }: Taste) => ({ color }) },
    ],
  ])('takes options that %s', async (_what, options) => {
    const app = await start({ imports: [LampModule.forRootAsync(options)] });
    expect(lit).toEqual(['LampModule.forRootAsync: green lamps for shop']);
    await app.close();
    expect(bound).toEqual([]);
  });

  it('may be there twice, each with its options', async () => {
    const imports = [LampModule.forRoot({ color: 'red' }), LampModule.forRoot({ color: 'blue' })];
    await start({ imports });
    expect(bound.sort()).toEqual(['blue', 'red']);
  });

  it('refuses wrong options at once, and tells all that is wrong', () => {
    expect(() => LampModule.forRoot({ color: 'black' })).toThrow(
      new FluxgateConfigError('LampModule.forRoot', [
        'color must be one that shines, got "black".',
        'choose another one.',
      ]),
    );
  });

  it.each<[string, unknown, string[]]>([
    [
      'nothing',
      undefined,
      [
        'options must be an options object, got undefined.',
        'useFactory must be a function that gives the options, got undefined.',
      ],
    ],
    [
      'a mistyped option',
      { useFactory: () => ({ color: 'red' }), injects: [] },
      ['options.injects is not an option. Did you mean inject?'],
    ],
    [
      'options in place of a function',
      { useFactory: { color: 'red' } },
      ['useFactory must be a function that gives the options, got an object (Object).'],
    ],
  ])('refuses %s in forRootAsync', (_what, options, problems) => {
    expect(() => LampModule.forRootAsync(options as never)).toThrow(
      new FluxgateConfigError('LampModule.forRootAsync', problems),
    );
  });

  it('without FluxgateModule does not start, and says what is missing', async () => {
    expect(await messageOf(startBare({ imports: [LampModule.forRoot({ color: 'red' })] }))).toBe(
      'LampModule.forRoot: there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
    );
    expect(lit).toEqual([]);
  });
});

describe('the group that a breaker stands for', () => {
  const registry = new BreakerRegistry();
  const group = registry.createKeyed('gateway', { keys: {} });
  const groupOf = (breaker: Breaker) => groupSharing(breaker, registry);

  it('is found by the shared breaker alone', () => {
    expect(groupOf(group.shared)).toBe(group);
    expect(groupOf(group.for('a'))).toBeUndefined();
    expect(groupOf(registry.create('shop'))).toBeUndefined();
  });

  it('is not the one that came in its place', () => {
    const other = new BreakerRegistry();
    expect(groupSharing(group.shared, other)).toBeUndefined();
    other.createKeyed('gateway', { keys: {} });
    expect(groupSharing(group.shared, other)).toBeUndefined();
  });
});

describe('an option that names groups', () => {
  it.each<[unknown]>([[undefined], [[]], [['gateway', 'shop']]])('may be %j', (given) => {
    expect(groupNamesProblems('showKeysOf', given)).toEqual([]);
  });

  it.each<[unknown, string]>([
    ['gateway', '"gateway"'],
    [['gateway', ''], 'an array of 2'],
    [[7], 'an array of 1'],
    [null, 'null'],
  ])('is refused as %j', (given, shown) => {
    expect(groupNamesProblems('showKeysOf', given)).toEqual([
      `showKeysOf must be an array of the names of groups, got ${shown}.`,
    ]);
  });
});
