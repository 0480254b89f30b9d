import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Controller, Get, HttpException, Inject, Injectable, type INestApplication } from '@nestjs/common';
import {
  CircuitBreaker,
  FailureRate,
  HttpStatusIn,
  MinRequests,
  NetworkErrors,
  seconds,
  TrackWhen,
  type BreakerOptions,
} from 'nestjs-fluxgate';
import { map, type Observable } from 'rxjs';
import request from 'supertest';

import { BRITTLE, counts, httpApp, PLATFORMS, resetLogger, Stage } from '../nest/handlers/apps.js';
import { Upstream } from './upstream.js';

@Injectable()
class Payments {
  constructor(
    @Inject(Upstream) private readonly upstream: Upstream,
    private readonly http: HttpService,
  ) {}

  @CircuitBreaker('payments')
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  async byFetch(): Promise<string> {
    const response = await fetch(this.upstream.url);
    if (!response.ok) throw new HttpException(await response.text(), response.status);
    return response.text();
  }

  @CircuitBreaker('payments')
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  byAxios(): Observable<string> {
    return this.http.get<string>(this.upstream.url).pipe(map(({ data }) => data));
  }

  @CircuitBreaker('payments', { fallback: 'lastKnown' })
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  async withFallback(): Promise<string> {
    return this.http.axiosRef.get<string>(this.upstream.url).then(({ data }) => data);
  }

  lastKnown(): string {
    return 'last known';
  }
}

@Controller()
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get('fetch')
  byFetch(): Promise<string> {
    return this.payments.byFetch();
  }

  @Get('axios')
  byAxios(): Observable<string> {
    return this.payments.byAxios();
  }

  @Get('fallback')
  withFallback(): Promise<string> {
    return this.payments.withFallback();
  }
}

const CLIENTS = ['fetch', 'axios'].flatMap((client) =>
  PLATFORMS.map((platform) => ({ client, platform, name: platform.name })),
);

describe.each(CLIENTS)('an outage of a service called with $client, on $name', ({ client, platform }) => {
  let app: INestApplication;
  let stage: Stage;
  let upstream: Upstream;
  const get = (path = `/${client}`): request.Test => request(app.getHttpServer()).get(path);

  async function start(payments: BreakerOptions = {}): Promise<void> {
    stage = await new Stage().compile(
      {
        imports: [HttpModule],
        controllers: [Shop],
        providers: [Payments, { provide: Upstream, useValue: upstream }],
      },
      { breakers: { payments: { ...BRITTLE, tripper: MinRequests(4).and(FailureRate(0.5)), ...payments } } },
    );
    app = await httpApp(stage, platform);
  }

  /** Statuses of so many requests, one after the other. */
  async function statuses(count: number): Promise<number[]> {
    const seen: number[] = [];
    for (let i = 0; i < count; i++) seen.push((await get()).status);
    return seen;
  }

  beforeEach(async () => {
    upstream = await new Upstream().start();
  });

  afterEach(async () => {
    await app.close();
    await upstream.stop();
    resetLogger();
  });

  it('opens after failures, spares the upstream, probes it when it has healed, and closes', async () => {
    await start();
    expect(await statuses(2)).toEqual([200, 200]);
    upstream.mood = 500;
    expect(await statuses(2)).toEqual([500, 500]);
    expect(upstream.hits).toBe(4);

    const rejected = await get();
    expect(rejected.status).toBe(503);
    expect(rejected.headers['retry-after']).toBe('10');
    expect(await statuses(20)).toEqual(Array.from({ length: 20 }, () => 503));
    expect(upstream.hits).toBe(4);

    upstream.mood = 200;
    stage.clock.advance(seconds(10) - 1);
    expect((await get()).status).toBe(503);
    expect(upstream.hits).toBe(4);
    stage.clock.advance(1);
    expect(await statuses(4)).toEqual([200, 200, 200, 200]);
    expect(upstream.hits).toBe(8);
    expect(stage.signals.moves()).toEqual([
      'closed → open (tripper)',
      'open → half_open (retry)',
      'half_open → closed (tripper)',
    ]);
    expect(stage.calls('payments')).toEqual(counts({ admitted: 8, success: 6, failure: 2, rejected: 22 }));
  });

  it('goes back to open when the upstream is still ill, as soon as that is certain', async () => {
    await start();
    upstream.mood = 503;
    await statuses(4);
    stage.clock.advance(seconds(10));
    // Two bad probes of four: the rule of 50 % is met whatever the others would bring.
    expect(await statuses(3)).toEqual(client === 'fetch' ? [503, 503, 503] : [500, 500, 503]);
    expect(upstream.hits).toBe(6);
    expect(stage.breaker('payments').snapshot()).toMatchObject({ state: 'open', reopens: 1 });
  });

  it('answers with the fallback instead, and no longer asks the upstream', async () => {
    await start();
    upstream.mood = 500;
    for (let i = 0; i < 10; i++) await get('/fallback').expect(200, 'last known');
    expect(upstream.hits).toBe(4);
    upstream.mood = 200;
    stage.clock.advance(seconds(10));
    await get('/fallback').expect(200, 'answer 5');
  });
});
