import { Inject, Injectable } from '@nestjs/common';
import { CircuitBreaker, HttpStatusIn, NetworkErrors, TrackWhen } from 'nestjs-fluxgate';

import { ACQUIRER_URL } from '../acquirer/acquirer-url.js';
import { okOrThrow, UpstreamError } from '../acquirer/upstream-error.js';

export interface Payment {
  readonly id: string;
  readonly amount: number;
  readonly status: string;
  /** It is what we knew last; the acquirer was not asked. */
  readonly isStale?: true;
}

const TIMEOUT_MS = 1000;

/** Payments, with `fetch`. Both methods share the breaker of their dependency: what one learns protects both. */
@Injectable()
export class PaymentsService {
  private readonly lastKnown = new Map<string, Payment>();

  constructor(@Inject(ACQUIRER_URL) private readonly acquirerUrl: string) {}

  /** Without a fallback: the client gets the error, and a 503 with `Retry-After` while the circuit is open. */
  @CircuitBreaker('acquirer')
  async pay(amount: number): Promise<Payment> {
    return this.ask('/payments', { method: 'POST', body: JSON.stringify({ amount }) });
  }

  /** With a fallback, and with its own rule of what counts; it goes before the module's. */
  @CircuitBreaker('acquirer', { fallback: 'lastKnownStatus' })
  @TrackWhen(UpstreamError, NetworkErrors(), { except: [HttpStatusIn(400, 499)] })
  async status(id: string): Promise<Payment> {
    return this.ask(`/payments/${encodeURIComponent(id)}`);
  }

  /** Gets the error, then the arguments of the call it stands in for. */
  lastKnownStatus(error: unknown, id: string): Payment {
    const known = this.lastKnown.get(id);
    if (known === undefined) throw error;
    return { ...known, isStale: true };
  }

  private async ask(path: string, request: RequestInit = {}): Promise<Payment> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = okOrThrow(await fetch(this.acquirerUrl + path, { ...request, signal }));
    const payment = (await response.json()) as Payment;
    this.lastKnown.set(payment.id, payment);
    return payment;
  }
}
