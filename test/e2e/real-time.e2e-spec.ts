import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  ServiceUnavailableException,
  type INestApplication,
} from '@nestjs/common';
import {
  AllowAll,
  callSignal,
  CircuitBreaker,
  Cooldown,
  FailureRate,
  MinRequests,
  TimeWindow,
  type BreakerOptions,
} from 'nestjs-fluxgate';

import { counts, httpApp, listen, PLATFORMS, resetLogger, Stage, until } from '../nest/handlers/apps.js';
import { Upstream } from './upstream.js';

@Injectable()
class Payments {
  constructor(@Inject(Upstream) private readonly upstream: Upstream) {}

  @CircuitBreaker('payments')
  async status(): Promise<string> {
    const response = await fetch(this.upstream.url, { signal: callSignal() ?? null });
    if (!response.ok) throw new ServiceUnavailableException();
    return response.text();
  }
}

@Controller()
class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  status(): Promise<string> {
    return this.payments.status();
  }
}

const OPTIONS: BreakerOptions = {
  window: TimeWindow(60_000),
  tripper: MinRequests(5).and(FailureRate(0.5)),
  retry: Cooldown(100),
  permit: AllowAll(),
};

describe.each(PLATFORMS)('on the real clock, under concurrent requests, on $name', (platform) => {
  let app: INestApplication;
  let stage: Stage;
  let upstream: Upstream;
  let address: string;
  let asked = 0;
  const ask = async (): Promise<Response> => {
    asked++;
    const response = await fetch(address, { headers: { connection: 'close' } });
    await response.clone().text();
    return response;
  };
  const askAll = (count: number): Promise<Response[]> => Promise.all(Array.from({ length: count }, ask));

  /** Asks until an answer is like this. */
  async function eventually(isIt: (response: Response) => boolean): Promise<Response> {
    for (;;) {
      const response = await ask();
      if (isIt(response)) return response;
    }
  }

  async function start(options: BreakerOptions = {}): Promise<void> {
    asked = 0;
    upstream = await new Upstream().start();
    stage = await new Stage().compile(
      { controllers: [Shop], providers: [Payments, { provide: Upstream, useValue: upstream }] },
      { clock: undefined, breakers: { payments: { ...OPTIONS, ...options } } },
    );
    app = await httpApp(stage, platform);
    address = await listen(app);
  }

  afterEach(async () => {
    await app.close();
    await upstream.stop();
    resetLogger();
  });

  // Slow machines may see more probes than fast ones: only what holds for both is asked.
  it('opens, spares the upstream, heals and closes, and tells of it in order', async () => {
    await start();
    expect((await askAll(20)).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    upstream.mood = 500;
    await askAll(30);
    const rejected = await eventually(({ headers }) => headers.has('retry-after'));
    expect(rejected.status).toBe(503);
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(await rejected.json()).toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });

    upstream.mood = 200;
    await eventually(({ status }) => status === 200);
    await askAll(30);
    await until(() => stage.breaker('payments').state === 'closed');
    expect((await askAll(10)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));

    const moves = stage.signals.moves();
    expect(moves[0]).toBe('closed → open (tripper)');
    expect(moves.slice(-2)).toEqual(['open → half_open (retry)', 'half_open → closed (tripper)']);
    const { calls } = stage.breaker('payments').snapshot();
    expect(calls.admitted).toBe(upstream.hits);
    expect(calls.admitted + calls.rejected).toBe(asked);
    expect(calls.rejected).toBeGreaterThan(0);
    expect(calls.inFlight).toBe(0);
  });

  it.each(['hang', 'drip'] as const)('cuts a call off after timeoutMs when they %s', async (mood) => {
    await start({ timeoutMs: 100 });
    upstream.mood = mood;
    const began = performance.now();
    expect((await ask()).status).toBe(504);
    expect(performance.now() - began).toBeGreaterThan(95);
    expect(stage.calls('payments')).toEqual(counts({ admitted: 1, failure: 1 }));
    await until(() => upstream.inFlight === 0);
  });
});
