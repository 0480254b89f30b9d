import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { Controller, Get, Injectable, StreamableFile } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { callSignal, CircuitBreaker, type CircuitBreakerOptions } from 'nestjs-fluxgate';
import { lastValueFrom, of, type Observable } from 'rxjs';

import { counts, httpApp, listen, PLATFORMS, resetLogger, Stage, until } from '../handlers/apps.js';
import { breakerOf, calls, closeAll, open, start } from '../apps.js';

/** What a method without a declared type gives, by what it is told. */
interface Client {
  get(): unknown;
}

async function clientOf(give: () => unknown, options: CircuitBreakerOptions = {}): Promise<Client> {
  @Injectable()
  class Service implements Client {
    @CircuitBreaker('shop', options)
    get(): unknown {
      return give();
    }
  }
  const app = await start({ providers: [Service] });
  return Object.assign(app.get(Service), { app }) as Client;
}

afterEach(closeAll);

describe('the shape of a rejection', () => {
  it.each<[string, () => unknown, (given: unknown) => unknown]>([
    ['a promise', async () => 7, (given) => given],
    ['a thenable', () => ({ then: (end: (value: number) => void) => end(7) }), (given) => given],
    ['an Observable', () => of(7), (given) => lastValueFrom(given as Observable<number>)],
    [
      'an iterable',
      () => ({
        async *[Symbol.asyncIterator]() {
          yield 7;
        },
      }),
      async (given) =>
        (await (given as AsyncIterable<number>)[Symbol.asyncIterator]().next()).value as unknown,
    ],
  ])('is learned from the first call that gave %s', async (_, give, read) => {
    const client = await clientOf(give);
    const { app } = client as unknown as { app: Parameters<typeof open>[0] };
    expect(await read(client.get())).toBe(7);
    open(app);
    const refused = client.get();
    await expect((async () => read(refused))()).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
  });

  it('is that of its own class: the same method of another one learns for itself', async () => {
    abstract class Base {
      abstract give(): unknown;
      @CircuitBreaker('shop')
      get(): unknown {
        return this.give();
      }
    }
    @Injectable()
    class Promises extends Base {
      give(): unknown {
        return Promise.resolve(7);
      }
    }
    @Injectable()
    class Values extends Base {
      give(): unknown {
        return 7;
      }
    }
    const app = await start({ providers: [Promises, Values] });
    await app.get(Promises).get();
    expect(app.get(Values).get()).toBe(7);
    open(app);
    await expect(app.get(Promises).get()).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
    expect(() => app.get(Values).get()).toThrow('circuit breaker "shop" is open');
  });
});

describe("returns: 'thenable'", () => {
  it('builds at once and asks when it is awaited', async () => {
    let begun = 0;
    const query = { then: (end: (value: number) => void) => (begun++, end(7)) };
    const client = await clientOf(() => query, { returns: 'thenable' });
    const { app } = client as unknown as { app: Parameters<typeof open>[0] };
    open(app);
    const built = client.get();
    await expect((async () => built)()).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
    expect(begun).toBe(0);
    breakerOf(app).reset();
    expect(await (built as PromiseLike<number>)).toBe(7);
    expect(calls(app)).toMatchObject({ success: 1 });
  });
});

describe('a file that a method gives', () => {
  it('is the call until its stream ends, and a value that is no stream is over at once', async () => {
    const files = [new StreamableFile(Readable.from(['one'])), 'no file'];
    const client = await clientOf(() => files.shift());
    const { app } = client as unknown as { app: Parameters<typeof open>[0] };
    const file = client.get() as StreamableFile;
    expect(calls(app)).toEqual({});
    expect(await text(file.getStream())).toBe('one');
    expect(calls(app)).toEqual({ success: 1 });
    expect(client.get()).toBe('no file');
    expect(calls(app)).toEqual({ success: 2 });
  });
});

describe('callSignal() of a method without a declared type', () => {
  it('is aborted by the time limit of the promise that it gives', async () => {
    let signal: AbortSignal | undefined;
    @Injectable()
    class Slow {
      @CircuitBreaker('shop')
      get(): unknown {
        signal = callSignal();
        return new Promise(() => undefined);
      }
    }
    const app = await start({ providers: [Slow] }, { breakers: { shop: { timeoutMs: 5 } } });
    await expect(app.get(Slow).get()).rejects.toMatchObject({ code: 'CIRCUIT_CALL_TIMEOUT' });
    expect(signal?.aborted).toBe(true);
  });
});

@Controller()
class Files {
  static body: Readable;

  @Get('file')
  @CircuitBreaker('shop')
  file(): StreamableFile {
    return new StreamableFile(Files.body);
  }
}

describe.each(PLATFORMS)('a StreamableFile of a handler on $name', (platform) => {
  afterEach(resetLogger);

  it.each([
    ['ends well is a success', ['one', 'two'], { admitted: 1, success: 1 }],
    [
      'breaks after the handler has returned is a failure',
      ['one', new Error('disk lost')],
      { admitted: 1, failure: 1 },
    ],
  ])('that %s', async (_, parts, expected) => {
    const stage = await new Stage().compile({ controllers: [Files] });
    const app = await httpApp(stage, platform);
    Files.body = Readable.from(
      (async function* () {
        for (const part of parts) {
          if (part instanceof Error) throw part;
          yield part;
        }
      })(),
    );
    const address = await listen(app);
    await fetch(`${address}/file`)
      .then((response) => response.text())
      .catch(() => undefined);
    await until(() => stage.calls().admitted === 1);
    expect(stage.calls()).toEqual(counts(expected));
    await app.close();
  });
});
