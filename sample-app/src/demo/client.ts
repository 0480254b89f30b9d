import { performance } from 'node:perf_hooks';

import type { Breaker, BreakerState } from 'nestjs-fluxgate';

import type { Shop } from '../shop.js';

/** One payment, as all three saw it. */
export interface Payment {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly tookMs: number;
  /** Did a request reach the acquirer? Its own counter says so. */
  readonly hasReached: boolean;
  /** The circuit afterwards. */
  readonly state: BreakerState;
}

/** A customer who pays, one payment after the other, over real sockets. */
export class Client {
  readonly payments: Payment[] = [];
  readonly breaker: Breaker;

  constructor(private readonly shop: Shop) {
    this.breaker = shop.breakers.get('acquirer');
  }

  /** Until the next probe, 0 when it is time. */
  get waitMs(): number {
    return this.breaker.snapshot().retryAfterMs ?? 0;
  }

  async pay(): Promise<Payment> {
    const { acquirer, url } = this.shop;
    const before = await acquirer.requests();
    const begin = performance.now();
    const response = await fetch(`${url}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"amount":42}',
    });
    await response.arrayBuffer();
    const tookMs = performance.now() - begin;
    const payment = {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      tookMs,
      hasReached: (await acquirer.requests()) > before,
      state: this.breaker.state,
    };
    this.payments.push(payment);
    return payment;
  }

  async payTimes(count: number): Promise<Payment[]> {
    const paid: Payment[] = [];
    while (paid.length < count) paid.push(await this.pay());
    return paid;
  }

  /** What the shop says of a payment. */
  async statusOf(id: string): Promise<{ isStale?: boolean }> {
    const response = await fetch(`${this.shop.url}/payments/${id}`);
    if (!response.ok) throw new Error(`the shop answered ${response.status}`);
    return (await response.json()) as { isStale?: boolean };
  }
}
