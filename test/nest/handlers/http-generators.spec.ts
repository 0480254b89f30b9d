import { once } from 'node:events';
import { get } from 'node:http';

import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type ExecutionContext, type INestApplication } from '@nestjs/common';
import { CircuitBreaker, CircuitBreakerInterceptor } from 'nestjs-fluxgate';
import { firstValueFrom, of } from 'rxjs';

import {
  counts,
  deferred,
  httpApp,
  listen,
  PLATFORMS,
  resetLogger,
  Stage,
  until,
  NEST_MAJOR,
  type Platform,
} from './apps.js';
import { withoutHook } from './without-hook.js';

let more = deferred();

@Controller()
class Feeds {
  @Get('feed')
  @CircuitBreaker('shop')
  async *feed(): AsyncGenerator<string> {
    yield 'one ';
    yield await more.promise;
  }

  @Get('broken')
  @CircuitBreaker('shop')
  // oxlint-disable-next-line require-yield -- it breaks before
  async *broken(): AsyncGenerator<string> {
    throw new Error('broken');
  }

  @Get('sync-generator')
  *syncGenerator(): Generator<string> {
    yield 'never read';
  }
}

// Nest 12 sends what an async generator yields; Nest 11 sends the generator as JSON and never runs it.
const streams = NEST_MAJOR >= 12;
const onNest12 = streams ? describe.each(PLATFORMS) : (): void => {};

/** What sets `Retry-After`, and sees the generator where it is an interceptor. */
const BY: [string, typeof withoutHook | undefined][] = [
  ['hook', undefined],
  ['interceptor', withoutHook],
];

let app: INestApplication;
let stage: Stage;
let address: string;

async function start(platform: Platform, change?: typeof withoutHook): Promise<void> {
  stage = await new Stage().compile({ controllers: [Feeds] }, {}, change);
  app = await httpApp(stage, platform);
  address = await listen(app);
}

afterEach(async () => {
  more.resolve('');
  more = deferred();
  await app.close();
  resetLogger();
});

describe.each(PLATFORMS)('a handler that is a generator on $name', (platform) => {
  it.each(
    BY.flatMap(([by, change]) =>
      ['/sync-generator', ...(streams ? [] : ['/feed'])].map((path) => [path, by, change] as const),
    ),
  )('%s stays what Nest makes of it, with the %s', async (path, _by, change) => {
    await start(platform, change);
    expect(await (await fetch(address + path)).text()).toBe('{}');
    expect(stage.calls()).toEqual(counts({}));
  });
});

it('A generator that the interceptor watches is given up as soon as whoever reads it leaves', async () => {
  await start(PLATFORMS[0]!);
  const [feeds, interceptor] = [app.get(Feeds), app.get(CircuitBreakerInterceptor)];
  const http = { getType: () => 'http' } as unknown as ExecutionContext;
  const watched = await firstValueFrom(interceptor.intercept(http, { handle: () => of(feeds.feed()) }));
  const reader = watched as AsyncGenerator<string>;
  await reader.next();
  const silence = reader.next();
  void reader.return(undefined);
  expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  more.resolve('nobody reads it');
  await silence;
});

onNest12('a guarded handler that Nest 12 streams, on $name', (platform) => {
  it('is one call from its first value to its end', async () => {
    await start(platform);
    const response = await fetch(`${address}/feed`);
    expect(stage.calls()).toEqual(counts({ admitted: 1, inFlight: 1 }));
    more.resolve('two');
    expect(await response.text()).toBe('one two');
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it.each(BY)(
    'is a failure when it breaks before its first value, and then a 503 with Retry-After by the %s',
    async (_what, change) => {
      await start(platform, change);
      const failed = await fetch(`${address}/broken`);
      expect(failed.status).toBe(500);
      expect(failed.headers.has('retry-after')).toBe(false);
      const rejected = await fetch(`${address}/feed`);
      expect(rejected.status).toBe(503);
      expect(rejected.headers.get('retry-after')).toBe('10');
      expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
    },
  );

  it.each(BY)('is a good probe when its client leaves after a value, with the %s', async (_by, change) => {
    await start(platform, change);
    stage.halfOpen();
    const client = get(`${address}/feed`).on('error', () => {});
    await once(client, 'response');
    expect(stage.breaker().snapshot().probesInFlight).toBe(1);
    client.destroy();
    // The generator itself goes on waiting: it can only be stopped when that is over.
    await until(() => stage.breaker().snapshot().probesInFlight === 0);
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, success: 1 }));
  });
});
