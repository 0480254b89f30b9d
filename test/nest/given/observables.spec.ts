import { HttpService } from '@nestjs/axios';
import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { CircuitBreaker, FailureRate, MinRequests, type BreakerOptions } from 'nestjs-fluxgate';
import { ManualClock, RecordingListener } from 'nestjs-fluxgate/testing';
import { firstValueFrom, lastValueFrom, map, Observable, Subject, take, type Subscription } from 'rxjs';

import { Upstream } from '../../e2e/upstream.js';
import { rejection, settled } from '../../support/async.js';
import { breakerOf, calls, closeAll, start } from '../apps.js';
import { until } from './until.js';

const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };
const EVENTS = Symbol('events');

/** A client of microservices whose transport is a list. */
class Events extends ClientProxy {
  readonly sent: unknown[] = [];
  connect(): Promise<void> {
    return Promise.resolve();
  }
  close(): void {}
  unwrap<T>(): T {
    return this as unknown as T;
  }
  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    this.sent.push(packet.data);
    callback({ response: 'answer', isDisposed: true });
    return () => undefined;
  }
  protected dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    this.sent.push(packet.data);
    return Promise.resolve(undefined as T);
  }
}

@Injectable()
class Prices {
  constructor(
    @Inject(HttpService) private readonly http: HttpService,
    @Inject(Upstream) private readonly upstream: Upstream,
    @Inject(EVENTS) private readonly events: Events,
  ) {}

  get(): Observable<string> {
    return this.http.get<string>(this.upstream.url, { proxy: false }).pipe(map(({ data }) => data));
  }
  @CircuitBreaker('shop')
  declared(): Observable<string> {
    return this.get();
  }
  @CircuitBreaker('shop')
  undeclared() {
    return this.get();
  }
  @CircuitBreaker('shop', { returns: 'observable' })
  said() {
    return this.get();
  }
  @CircuitBreaker('shop')
  async resolved() {
    return this.get();
  }

  @CircuitBreaker('shop', { trackResult: (price: number) => price < 0 })
  watched(source: Observable<number>): Observable<number> {
    return source;
  }

  @CircuitBreaker('shop')
  emit(event: string) {
    return this.events.emit('sold', event);
  }
  @CircuitBreaker('shop')
  emitDeclared(event: string): Observable<unknown> {
    return this.events.emit('sold', event);
  }
  @CircuitBreaker('shop')
  send(event: string) {
    return this.events.send<string>('sold', event);
  }
}

@CircuitBreaker('shop')
@Controller()
class PricesController {
  constructor(@Inject(Prices) private readonly prices: Prices) {}
  @Get()
  show(): Observable<string> {
    return this.prices.get();
  }
}

let upstream: Upstream;
let app: TestingModule;
let clock: ManualClock;
let heard: RecordingListener;
let prices: Prices;
let events: Events;

beforeAll(async () => {
  upstream = await new Upstream().start();
});
afterAll(() => upstream.stop());
afterEach(async () => {
  await closeAll();
  await upstream.forget();
});

async function appWith(shop: BreakerOptions): Promise<void> {
  clock = new ManualClock();
  heard = new RecordingListener();
  events = new Events();
  const providers = [
    Prices,
    { provide: HttpService, useValue: new HttpService(axios.create()) },
    { provide: Upstream, useValue: upstream },
    { provide: EVENTS, useValue: events },
  ];
  app = await start(
    { providers, controllers: [PricesController] },
    { breakers: { shop: { listeners: [heard], ...shop } }, clock },
  );
  prices = app.get(Prices);
}
const halfOpen = (): void => {
  breakerOf(app).forceOpen({ forMs: 1 });
  clock.advance(1);
};

/** The doors through which an Observable of @nestjs/axios comes. */
const DOORS: Record<string, () => Observable<string> | Promise<Observable<string>>> = {
  'a method declared Observable': () => prices.declared(),
  'a method without a declared type': () => prices.undeclared(),
  "a method of returns: 'observable'": () => prices.said(),
  'an async method': () => prices.resolved(),
  'a class decorator': () => app.get(PricesController).show(),
  observe: () => breakerOf(app).observe(() => prices.get()),
};

describe.each(Object.keys(DOORS))('an Observable of @nestjs/axios through %s', (name) => {
  const first = async (): Promise<string> => firstValueFrom(await DOORS[name]!());

  beforeEach(() => appWith({}));

  it('is a success by its first value', async () => {
    expect(await first()).toBe('answer 1');
    expect(calls(app).success).toBe(1);
    expect(calls(app)).not.toHaveProperty('inFlight');
    expect(heard.of('call').filter(({ outcome }) => outcome === 'success')).toHaveLength(1);
    expect(upstream.hits).toBe(1);
  });

  it('opens the circuit by its errors, and then nothing reaches the server', async () => {
    await first(); // From here on also the undeclared one is known.
    upstream.mood = 500;
    expect(await rejection(first())).toMatchObject({ response: { status: 500 } });
    expect(breakerOf(app).state).toBe('open');
    expect(await rejection(first())).toMatchObject(REJECTED);
    expect(upstream.hits).toBe(2);
  });

  it('closes a half-open circuit by its first value', async () => {
    await first();
    halfOpen();
    await first();
    expect(breakerOf(app).state).toBe('closed');
  });

  it('is ignored where it is unsubscribed before a value', async () => {
    upstream.mood = 'hang';
    const subscription = (await DOORS[name]!()).subscribe();
    await until('it arrived', () => upstream.hits === 1);
    expect(calls(app)).toMatchObject({ inFlight: 1 });
    subscription.unsubscribe();
    expect(calls(app)).toEqual({ ignored: 1 });
  });

  it('is a success through take(1) and lastValueFrom', async () => {
    const source = await DOORS[name]!();
    expect(await lastValueFrom(source.pipe(take(1)))).toBe('answer 1');
    expect(calls(app)).toEqual({ success: 1 });
  });
});

describe.each(['a method declared Observable', 'observe'])('an Observable through %s', (name) => {
  it('counts its first values: 200 of them and 5 errors do not open by a rate of 50 %', async () => {
    await appWith({ tripper: MinRequests(5).and(FailureRate(0.5)) });
    for (let i = 0; i < 200; i++) await firstValueFrom(await DOORS[name]!());
    upstream.mood = 500;
    for (let i = 0; i < 5; i++) await rejection(firstValueFrom(await DOORS[name]!()));
    expect(breakerOf(app).state).toBe('closed');
    expect(calls(app)).toEqual({ success: 200, failure: 5 });
  });
});

describe('an Observable that is left after values', () => {
  let source: Subject<number>;
  let subscription: Subscription;

  beforeEach(async () => {
    await appWith({});
    source = new Subject();
    subscription = prices.watched(source).subscribe();
  });

  it('took until its first value', () => {
    clock.advance(40);
    source.next(1);
    clock.advance(1000);
    source.next(2);
    clock.advance(1000);
    subscription.unsubscribe();
    expect(calls(app)).toEqual({ success: 1 });
    expect(heard.of('call')).toMatchObject([{ outcome: 'success', durationMs: 40, isRecorded: true }]);
  });

  it.each([
    ['a success', [-1, 1], { success: 1 }],
    ['a failure', [1, -1], { failure: 1 }],
  ])('is %s by its last value, where there is a trackResult', (_name, values, counts) => {
    for (const value of values) source.next(value);
    subscription.unsubscribe();
    expect(calls(app)).toEqual(counts);
  });
});

describe('a hot Observable, of ClientProxy.emit()', () => {
  beforeEach(() => appWith({ maxHalfOpenCalls: 1, probeLeaseMs: 500 }));

  it('that nobody subscribes to is sent, is ignored, and holds no place', async () => {
    prices.emit('a');
    expect(calls(app)).toEqual({ ignored: 1 });
    await settled();
    expect(events.sent).toEqual(['a']);
    await clock.advanceAsync(1_000_000);
    expect(calls(app)).toEqual({ ignored: 1 });
  });

  it('does not reopen a half-open circuit, six times', async () => {
    prices.emit('before'); // From here on it is known.
    halfOpen();
    for (const event of ['1', '2', '3', '4', '5', '6']) {
      prices.emit(event);
      await clock.advanceAsync(1000);
    }
    expect(events.sent).toHaveLength(7);
    expect(breakerOf(app).snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 0, reopens: 0 });
    expect(calls(app)).toEqual({ ignored: 7 });
  });

  it('takes its place anew where somebody subscribes', async () => {
    halfOpen();
    const sent = prices.emit('a');
    expect(breakerOf(app).snapshot().probesInFlight).toBe(0);
    await lastValueFrom(sent, { defaultValue: undefined });
    expect(breakerOf(app).state).toBe('closed');
    expect(calls(app).success).toBe(1);
    expect(calls(app)).not.toHaveProperty('inFlight');
    expect(events.sent).toEqual(['a']);
  });

  it('is not sent while the circuit is open', async () => {
    prices.emit('before');
    await settled();
    breakerOf(app).forceOpen();
    const refused = prices.emit('a');
    expect(refused).toBeInstanceOf(Observable);
    expect(await rejection(firstValueFrom(refused))).toMatchObject(REJECTED);
    await settled();
    expect(events.sent).toEqual(['before']);
  });

  it('of a method declared Observable is not sent until somebody subscribes', async () => {
    const later = prices.emitDeclared('a');
    await settled();
    expect(events.sent).toEqual([]);
    expect(calls(app)).toEqual({});
    await lastValueFrom(later, { defaultValue: undefined });
    expect(events.sent).toEqual(['a']);
    expect(calls(app)).toEqual({ success: 1 });
  });

  it('of send() is a call by its answer', async () => {
    expect(await firstValueFrom(prices.send('a'))).toBe('answer');
    expect(calls(app).success).toBe(1);
    expect(calls(app)).not.toHaveProperty('inFlight');
  });
});
