import { types } from 'node:util';

import { Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CircuitBreaker } from 'nestjs-fluxgate';
import { firstValueFrom, NEVER, Observable, of, Subject, throwError, toArray } from 'rxjs';

import { breakerOf, calls, closeAll, open, start } from '../apps.js';

const down = new Error('down');

@Injectable()
class Shapes {
  @CircuitBreaker('shop')
  async async(fails = false): Promise<string> {
    if (fails) throw down;
    return 'async';
  }
  @CircuitBreaker('shop')
  async unannotatedAsync() {
    return 'async';
  }
  @CircuitBreaker('shop')
  promise(fails = false): Promise<string> {
    if (fails) throw down;
    return Promise.resolve('promise');
  }
  @CircuitBreaker('shop')
  unannotatedPromise(fails = false) {
    return fails ? Promise.reject(down) : Promise.resolve('promise');
  }
  @CircuitBreaker('shop', { returns: 'promise' })
  union(fails = false): string | Promise<string> {
    if (fails) throw down;
    return 'union';
  }
  @CircuitBreaker('shop')
  sync(fails = false): string {
    if (fails) throw down;
    return 'sync';
  }
  @CircuitBreaker('shop')
  async given(...args: unknown[]): Promise<unknown> {
    return [this === shapes, args];
  }
  @CircuitBreaker('shop')
  givenSync(...args: unknown[]): unknown {
    return [this === shapes, args];
  }
  @CircuitBreaker('shop')
  stream(source: Observable<number>): Observable<number> {
    return source;
  }
  @CircuitBreaker('shop')
  unannotatedStream(source: Observable<number>) {
    return source;
  }
  @CircuitBreaker('shop', { returns: 'observable' })
  interfaceStream(source: Observable<number>): PromiseLike<number> | Observable<number> {
    return source;
  }
  @CircuitBreaker('shop')
  async later(source: Observable<number>): Promise<Observable<number>> {
    return source;
  }
  @CircuitBreaker('shop')
  async *pages(count = 2, fails = false): AsyncGenerator<number, string, string | undefined> {
    for (let i = 1; i <= count; i++) yield i;
    if (fails) throw down;
    return 'end';
  }
  @CircuitBreaker('shop')
  async *unannotatedPages() {
    yield 1;
  }
  @CircuitBreaker('shop', { returns: 'iterator' })
  delegated(): AsyncIterable<number> {
    return this.unannotatedPages();
  }
}

let app: TestingModule;
let shapes: Shapes;
beforeEach(async () => {
  app = await start({ providers: [Shapes] });
  shapes = app.get(Shapes);
});
afterEach(closeAll);

describe('a method', () => {
  it.each([[[]], [[undefined]], [[1]], [[1, undefined]], [[1, 2]], [[1, 2, 3]], [[1, 2, 3, 4]]])(
    'gets its own object and just the arguments %j',
    async (args) => {
      expect(await shapes.given(...args)).toStrictEqual([true, args]);
      expect(shapes.givenSync(...args)).toStrictEqual([true, args]);
    },
  );
});

describe('an async method', () => {
  it.each(['async', 'unannotatedAsync', 'promise', 'unannotatedPromise', 'union'] as const)(
    '%s counts when its promise settles',
    async (kind) => {
      expect(typeof (await shapes[kind]())).toBe('string');
      expect(calls(app)).toEqual({ success: 1 });
    },
  );

  it.each(['async', 'promise', 'unannotatedPromise', 'union'] as const)(
    '%s gives the original error, and counts it',
    async (kind) => {
      await expect(shapes[kind](true)).rejects.toBe(down);
      expect(calls(app)).toEqual({ failure: 1 });
    },
  );

  it.each(['async', 'unannotatedAsync', 'promise', 'union'] as const)(
    '%s rejects while the circuit is open, and does not throw',
    async (kind) => {
      open(app);
      await expect(Promise.resolve(shapes[kind]())).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
    },
  );

  it.each(['async', 'unannotatedAsync', 'promise', 'union'] as const)(
    '%s gives a promise, whatever the state',
    async (kind) => {
      for (const move of ['reset', 'forceOpen', 'disable', 'metricsOnly', 'reset'] as const) {
        breakerOf(app)[move]();
        const given = shapes[kind]() as Promise<unknown>;
        expect(types.isPromise(given)).toBe(true);
        await given.catch(() => {});
      }
    },
  );

  it('is still an async function where it was one', () => {
    expect(shapes.async.constructor.name).toBe('AsyncFunction');
    expect(shapes.pages.constructor.name).toBe('AsyncGeneratorFunction');
    expect(shapes.sync.constructor.name).toBe('Function');
  });

  it('may be renamed by a decorator above, as any function', () => {
    const named: MethodDecorator = (_target, _key, descriptor) => {
      Object.defineProperty(descriptor.value, 'name', { value: 'renamed' });
    };
    class Shop {
      @named
      @CircuitBreaker('shop')
      async buy(): Promise<void> {}
    }
    expect(Shop.prototype.buy.name).toBe('renamed');
  });

  it('that resolves to an Observable is ignored until somebody subscribes', async () => {
    const source = new Subject<number>();
    const stream = await shapes.later(source);
    expect(calls(app)).toEqual({ ignored: 1 });
    const seen: number[] = [];
    stream.subscribe({ next: (value) => seen.push(value) });
    expect(calls(app)).toEqual({ inFlight: 1 });
    source.next(7);
    source.complete();
    expect(seen).toEqual([7]);
    expect(calls(app)).toEqual({ success: 1 });
    await firstValueFrom(stream, { defaultValue: 0 });
    expect(calls(app)).toEqual({ success: 2 });
  });
});

describe('a sync method', () => {
  it('returns, throws and is rejected in the same tick', () => {
    expect(shapes.sync()).toBe('sync');
    expect(() => shapes.sync(true)).toThrow(down);
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    expect(() => shapes.sync()).toThrow('circuit breaker "shop" is open');
  });
});

describe('a method that returns an Observable', () => {
  it.each(['stream', 'interfaceStream'] as const)('%s is admitted per subscription', async (kind) => {
    const stream = shapes[kind](of(1, 2, 3)) as Observable<number>;
    expect(calls(app)).toEqual({});
    expect(await firstValueFrom(stream.pipe(toArray()))).toEqual([1, 2, 3]);
    await firstValueFrom(stream.pipe(toArray()));
    expect(calls(app)).toEqual({ success: 2 });
  });

  it('fails by its error, with the original one', async () => {
    await expect(firstValueFrom(shapes.stream(throwError(() => down)))).rejects.toBe(down);
    expect(calls(app)).toEqual({ failure: 1 });
  });

  it('gives a stream while the circuit is open, and that stream fails', async () => {
    open(app);
    const stream = shapes.stream(of(1));
    await expect(firstValueFrom(stream)).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
  });

  it('is no verdict when it is unsubscribed before a value', () => {
    shapes.stream(NEVER).subscribe().unsubscribe();
    expect(calls(app)).toEqual({ ignored: 1 });
  });

  it('is noticed without a declared type: ignored until somebody subscribes', async () => {
    const stream = shapes.unannotatedStream(of(1, 2));
    expect(stream).toBeInstanceOf(Observable);
    expect(calls(app)).toEqual({ ignored: 1 });
    await firstValueFrom(stream.pipe(toArray()));
    expect(calls(app)).toEqual({ success: 1 });
  });
});

describe('an async generator', () => {
  const drain = async (pages: AsyncIterable<number>): Promise<number[]> => {
    const seen: number[] = [];
    for await (const page of pages) seen.push(page);
    return seen;
  };

  it.each(['pages', 'unannotatedPages', 'delegated'] as const)('%s counts once, at its end', async (kind) => {
    const pages = shapes[kind]();
    expect(calls(app)).toEqual({});
    expect(await drain(pages)).toContain(1);
    expect(calls(app)).toEqual({ success: kind === 'delegated' ? 2 : 1 });
  });

  it('fails by its throw, and is rejected while the circuit is open', async () => {
    await expect(drain(shapes.pages(1, true))).rejects.toBe(down);
    expect(calls(app)).toEqual({ failure: 1 });
    await expect(drain(shapes.pages())).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
  });

  it('is a success when the loop breaks after a value', async () => {
    for await (const page of shapes.pages()) {
      expect(page).toBe(1);
      break;
    }
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('keeps what its return gives', async () => {
    expect(await shapes.pages(0).next()).toEqual({ value: 'end', done: true });
  });
});
