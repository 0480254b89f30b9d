import { Controller, Get, Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import {
  BreakerRegistry,
  CircuitBreaker,
  TrackWhen,
  type KeyedBreakers,
  type KeyedCircuitBreakerOptions,
} from 'nestjs-fluxgate';
import { RecordingListener } from 'nestjs-fluxgate/testing';
import { firstValueFrom, of, throwError, type Observable } from 'rxjs';

import { keysOf } from '../../support/keyed.js';
import { closeAll, messageOf, start } from '../apps.js';

afterEach(closeAll);

class Down extends Error {}

const breakers = { gateway: { keys: { max: 3 } }, shop: {} };
const groupOf = (app: TestingModule, name = 'gateway'): KeyedBreakers => app.get(BreakerRegistry).keyed(name);

@Injectable()
class Gateway {
  readonly region = 'eu';

  @CircuitBreaker('gateway', { key: (tenantId: string) => tenantId, fallback: 'instead' })
  async call(tenantId: string, isIll = false): Promise<string> {
    if (isIll) throw new Down('down');
    return `${tenantId} answered`;
  }

  instead(error: Error, tenantId: string): string {
    return `${error.constructor.name} for ${tenantId}`;
  }

  @CircuitBreaker({
    breaker: 'gateway',
    key(this: Gateway, path: string) {
      return `${this.region}${path}`;
    },
  })
  @TrackWhen(RangeError)
  byInstance(path: string): string {
    if (path === '/ill') throw new RangeError('ill');
    throw new Down('not tracked');
  }

  @CircuitBreaker('gateway', { key: (host: string) => host, returns: 'observable' })
  stream(host: string, isIll = false): Observable<string> {
    return isIll ? throwError(() => new Down('down')) : of(host);
  }

  @CircuitBreaker('gateway', { key: (host: string) => host })
  async *pages(host: string): AsyncGenerator<string> {
    yield host;
  }

  @CircuitBreaker('gateway', { key: (what: unknown) => keyFrom(what) })
  anything(what: unknown): string {
    return `${what as string}`;
  }

  @CircuitBreaker({ key: (host: string) => host })
  unnamed(host: string): string {
    return host;
  }
}

const keyFrom = (what: unknown): string => {
  if (what === 'throws') throw new Error('no key');
  return what as string;
};

describe('@CircuitBreaker with a key', () => {
  it('opens the circuit of that key alone', async () => {
    const app = await start({ providers: [Gateway] }, { breakers });
    const gateway = app.get(Gateway);
    expect(await gateway.call('ill', true)).toBe('Down for ill');
    expect(await gateway.call('ill')).toBe('CallNotPermittedException for ill');
    expect(await gateway.call('well')).toBe('well answered');
    expect(groupOf(app).for('ill').state).toBe('open');
    expect(groupOf(app).for('well').state).toBe('closed');
  });

  it('asks the key with the instance as its `this`, and keeps the tracker of the method', async () => {
    const app = await start({ providers: [Gateway] }, { breakers });
    expect(() => app.get(Gateway).byInstance('/fine')).toThrow(Down);
    expect(() => app.get(Gateway).byInstance('/ill')).toThrow(RangeError);
    expect(groupOf(app).for('eu/fine').state).toBe('closed');
    expect(groupOf(app).for('eu/ill').state).toBe('open');
  });

  it('guards streams and generators by their key', async () => {
    const app = await start({ providers: [Gateway] }, { breakers });
    const gateway = app.get(Gateway);
    await expect(firstValueFrom(gateway.stream('a', true))).rejects.toThrow(Down);
    await expect(firstValueFrom(gateway.stream('a'))).rejects.toMatchObject({ breaker: 'gateway[a]' });
    expect(await firstValueFrom(gateway.stream('b'))).toBe('b');
    for await (const page of gateway.pages('c')) expect(page).toBe('c');
    expect(keysOf(groupOf(app))).toEqual(['a', 'b', 'c']);
  });

  it.each([['throws'], [undefined], [7], ['x'.repeat(257)], [Promise.resolve('a')]])(
    'fails no call when the key function gives %p: it goes through the shared breaker, and is told',
    async (what) => {
      const signals = new RecordingListener();
      const app = await start({ providers: [Gateway] }, { breakers, listeners: [signals] });
      expect(app.get(Gateway).anything(what)).toBe(`${what as string}`);
      expect(groupOf(app).size).toBe(0);
      expect(groupOf(app).shared.snapshot().calls.success).toBe(1);
      expect(signals.of('fault')).toMatchObject([{ breaker: 'gateway', source: 'key' }]);
    },
  );

  it('without a name has a group called after the method, made from the defaults', async () => {
    const app = await start({ providers: [Gateway] }, { breakers });
    app.get(Gateway).unnamed('a');
    expect(keysOf(groupOf(app, 'Gateway.unnamed'))).toEqual(['a']);
  });
});

describe('a key and keys go together', () => {
  it('a key for a breaker that has none fails bootstrap, with the fix', async () => {
    @Injectable()
    class Wrong {
      @CircuitBreaker('shop', { key: (id: string) => id })
      buy(id: string): string {
        return id;
      }
    }
    expect(await messageOf(start({ providers: [Wrong] }, { breakers }))).toBe(
      'FluxgateModule: Wrong.buy: @CircuitBreaker has a key, but the breaker "shop" has none. ' +
        'Give it keys, breakers: { "shop": { keys: {} } }, or leave out the key.',
    );
  });

  it('a breaker with keys and no key to choose by fails bootstrap, with the fix', async () => {
    @Injectable()
    class Wrong {
      @CircuitBreaker('gateway')
      buy(id: string): string {
        return id;
      }
    }
    expect(await messageOf(start({ providers: [Wrong] }, { breakers }))).toBe(
      'FluxgateModule: Wrong.buy: the breaker "gateway" has keys, and @CircuitBreaker does not say which. ' +
        'Add the option key: (...args) => string.',
    );
  });

  it('a key on a class is refused: each handler has arguments of its own', () => {
    const options: KeyedCircuitBreakerOptions = { breaker: 'gateway', key: () => 'a' };
    const decorate = CircuitBreaker(options) as unknown as ClassDecorator;
    @Controller()
    class Handlers {
      @Get()
      one(): void {}
    }
    expect(() => decorate(Handlers)).toThrow(
      '@CircuitBreaker on class Handlers: it has a key, and each handler has arguments of its own. Put it on the methods.',
    );
  });

  it('a key that is no function is refused at once', () => {
    expect(() => CircuitBreaker('gateway', { key: 'id' } as never)).toThrow(
      '@CircuitBreaker: key must be a function (...args) => string, got "id".',
    );
  });
});
