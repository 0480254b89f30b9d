import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

import { HttpModule } from '@nestjs/axios';
import type { INestApplication } from '@nestjs/common';
import type { Breaker, BreakerOptions } from 'nestjs-fluxgate';

import { BRITTLE, httpApp, listen, Stage, type Platform } from '../nest/handlers/apps.js';
import { Payments, Requests, Shop } from './clients.js';
import { Upstream } from './upstream.js';

/** What the app's own client was told. */
export interface Told {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** An app that listens, its upstream, and its breaker on a clock that stands still. */
export class ShopStage extends Stage {
  readonly upstream = new Upstream();
  // Half the price of fetch, where hundreds ask at once.
  private readonly agent = new Agent({ keepAlive: true });
  private app!: INestApplication;
  private address!: string;

  async launch(platform: Platform, payments: BreakerOptions): Promise<this> {
    await this.upstream.start();
    await this.compile(
      {
        imports: [HttpModule],
        controllers: [Shop],
        providers: [Payments, Requests, { provide: Upstream, useValue: this.upstream }],
      },
      { breakers: { payments: { ...BRITTLE, ...payments } } },
    );
    this.app = await httpApp(this, platform);
    this.address = await listen(this.app);
    // Or on a busy machine it closes an idle connection in the moment in which the agent takes it again.
    (this.app.getHttpServer() as Server).keepAliveTimeout = 0;
    return this;
  }

  get payments(): Breaker {
    return this.breaker('payments');
  }

  get requests(): Requests {
    return this.module.get(Requests);
  }

  /** Between two tests. */
  async forget(): Promise<void> {
    await this.upstream.forget();
    // reset() does not touch what is closed already.
    this.payments.disable();
    this.payments.reset();
    this.signals.clear();
    this.requests.patience = 'none';
  }

  /** One request to the app, over a socket; the signal closes that. */
  async ask(path: string, signal?: AbortSignal): Promise<Told> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${this.address}/${path}`, { agent: this.agent, signal }, resolve).on('error', reject);
    });
    const { statusCode = 0, headers } = response;
    return { status: statusCode, retryAfter: headers['retry-after'], body: await text(response) };
  }

  /** So many at once; `told` grows with the answers. */
  askAll(count: number, path: string, signal?: AbortSignal): Crowd {
    const told: Told[] = [];
    const one = async (): Promise<void> => {
      told.push(await this.ask(path, signal));
    };
    const all = Promise.all(Array.from({ length: count }, one));
    return { told, all: all.then(() => told) };
  }

  async close(): Promise<void> {
    // First the upstream: the app waits for calls that hang.
    await this.upstream.stop();
    this.agent.destroy();
    await this.app.close();
  }
}

export interface Crowd {
  readonly told: readonly Told[];
  readonly all: Promise<readonly Told[]>;
}

/** The statuses, each with how often it was seen. */
export function statusCounts(told: readonly Told[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of told) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
