import type { ServerResponse } from 'node:http';

import { HttpService } from '@nestjs/axios';
import { Controller, Get, HttpException, Inject, Injectable, Param, Res, Sse } from '@nestjs/common';
import axios from 'axios';
import {
  callSignal,
  CircuitBreaker,
  HttpStatusIn,
  InjectBreaker,
  NetworkErrors,
  TrackWhen,
  type Breaker,
} from 'nestjs-fluxgate';
import { lastValueFrom, map, type Observable } from 'rxjs';

import { NEST_MAJOR, PLATFORMS } from '../nest/handlers/apps.js';
import { Upstream } from './upstream.js';

export const CLIENTS = ['fetch', 'axios', '@nestjs/axios'] as const;
export type Client = (typeof CLIENTS)[number];

/** Every client on every platform; on the older Nest every client, and every platform. A table for `describe.each`. */
export const CLIENTS_ON_PLATFORMS = PLATFORMS.flatMap((platform) =>
  CLIENTS.map((client) => ({ client, platform, name: platform.name })),
).filter(({ client, name }) => NEST_MAJOR > 11 || (client === 'axios') === (name === 'Fastify'));

/** How long a client of limited patience waits. */
const PATIENCE_MS = 40;

/** Asks the upstream, by one client or another. */
@Injectable()
export class Requests {
  /** Does the client itself wait no longer than `PATIENCE_MS`? By a signal, or by its own option. */
  patience: 'none' | 'signal' | 'option' = 'none';

  constructor(
    @Inject(Upstream) private readonly upstream: Upstream,
    private readonly http: HttpService,
  ) {}

  async fetch(signal?: AbortSignal): Promise<string> {
    const response = await fetch(this.upstream.url, this.limits(signal));
    if (!response.ok) throw new HttpException(await response.text(), response.status);
    return response.text();
  }

  async axios(signal?: AbortSignal): Promise<string> {
    return (await axios.get<string>(this.upstream.url, this.limits(signal))).data;
  }

  nestAxios(signal?: AbortSignal): Observable<string> {
    return this.http.get<string>(this.upstream.url, this.limits(signal)).pipe(map(({ data }) => data));
  }

  private limits(signal?: AbortSignal): { proxy: false; timeout?: number; signal?: AbortSignal } {
    const ownSignal = this.patience === 'signal' ? AbortSignal.timeout(PATIENCE_MS) : undefined;
    const signals = [signal, ownSignal].filter((one) => one !== undefined);
    return {
      proxy: false,
      ...(this.patience === 'option' ? { timeout: PATIENCE_MS } : {}),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    };
  }
}

/** One dependency behind one breaker. */
@Injectable()
export class Payments {
  constructor(private readonly requests: Requests) {}

  @CircuitBreaker('payments')
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  async fetch(): Promise<string> {
    return this.requests.fetch(callSignal());
  }

  @CircuitBreaker('payments')
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  async axios(): Promise<string> {
    return this.requests.axios(callSignal());
  }

  // It needs no signal: the breaker unsubscribes, and that ends the request.
  @CircuitBreaker('payments')
  @TrackWhen(NetworkErrors(), HttpStatusIn(500, 599))
  nestAxios(): Observable<string> {
    return this.requests.nestAxios();
  }
}

@Controller()
export class Shop {
  constructor(
    private readonly payments: Payments,
    private readonly requests: Requests,
    @InjectBreaker('payments') private readonly breaker: Breaker,
  ) {}

  @Get('fetch')
  fetch(): Promise<string> {
    return this.payments.fetch();
  }

  @Get('axios')
  axios(): Promise<string> {
    return this.payments.axios();
  }

  @Get('@nestjs/axios')
  nestAxios(): Observable<string> {
    return this.payments.nestAxios();
  }

  @Sse('stream')
  stream(): Observable<{ data: string }> {
    return this.payments.nestAxios().pipe(map((data) => ({ data })));
  }

  /** Gives the call up when the client of this app leaves. */
  @Get('attentive/:client')
  attentive(
    @Param('client') client: 'fetch' | 'axios' | 'nestAxios',
    @Res({ passthrough: true }) response: ServerResponse | { raw: ServerResponse },
  ): Promise<string> {
    const gone = new AbortController();
    ('raw' in response ? response.raw : response).once('close', () => gone.abort(new Error('it has left')));
    const ask = ({ signal }: { signal: AbortSignal }): Promise<string> =>
      client === 'nestAxios' ? lastValueFrom(this.requests.nestAxios(signal)) : this.requests[client](signal);
    return this.breaker.execute(ask, { signal: gone.signal });
  }
}
