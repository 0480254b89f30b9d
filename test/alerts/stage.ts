import type { LoggerService } from '@nestjs/common';
import { AllowAll, Breaker, Cooldown, FailureStreak, seconds, type BreakerOptions } from 'nestjs-fluxgate';
import { AlertsListener, Webhook, type AlertsOptions } from 'nestjs-fluxgate/alerts';
import { ManualClock } from 'nestjs-fluxgate/testing';

/** One request that a fake receiver got. */
export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
  readonly signal: AbortSignal;
}

type Reply = Response | Error | 'hang' | ((sent: Sent) => Response | Promise<Response>);

/** Stands in for fetch: keeps what it is asked, and answers as told; 200 when nothing is told. */
export class FakeFetch {
  readonly sent: Sent[] = [];
  /** The next answers, first come first. */
  readonly replies: Reply[] = [];
  /** What it answers when no reply is left. */
  usual: () => Response | Promise<Response> = () => new Response('ok');
  inFlight = 0;
  maxInFlight = 0;

  readonly fetch = (async (url: unknown, init: RequestInit) => {
    const text = init.body as string;
    const headers = init.headers as Headers;
    const sent = { url: String(url), headers, text, body: JSON.parse(text), signal: init.signal! };
    this.sent.push(sent);
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    try {
      return await this.answer(sent);
    } finally {
      this.inFlight--;
    }
  }) as typeof globalThis.fetch;

  /** One property of every body. */
  all(key: string): unknown[] {
    return this.sent.map(({ body }) => body[key]);
  }

  private async answer(sent: Sent): Promise<Response> {
    const reply = this.replies.shift() ?? this.usual;
    if (reply instanceof Error) throw reply;
    if (reply === 'hang') return new Promise(() => {});
    return typeof reply === 'function' ? reply(sent) : reply;
  }
}

/** Keeps what is logged. */
export class Log implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (text: string): void => void this.lines.push(`log ${text}`);
  readonly warn = (text: string): void => void this.lines.push(`warn ${text}`);
  readonly error = (text: string): void => void this.lines.push(`error ${text}`);
}

/** An error of a service, to fail with. */
export const DOWN = new Error('connect ECONNREFUSED');

/** A listener with one webhook, on a clock that stands still, and breakers that tell it. */
export class Stage {
  readonly clock = new ManualClock();
  readonly receiver = new FakeFetch();
  readonly log = new Log();
  readonly alerts: AlertsListener;

  constructor(options: Partial<AlertsOptions> = {}) {
    this.alerts = new AlertsListener({
      targets: [Webhook({ url: 'https://alerts.example/hook' })],
      host: 'pod-1',
      clock: this.clock,
      random: () => 0.5,
      logger: this.log,
      fetch: this.receiver.fetch,
      ...options,
    });
  }

  /** Opens at the first failure, for ten seconds; one good probe closes it. */
  breaker(name = 'payments', options: BreakerOptions = {}): Breaker {
    return new Breaker(
      name,
      {
        tripper: FailureStreak(1),
        retry: Cooldown(seconds(10)),
        permit: AllowAll(),
        listeners: [this.alerts],
        ...options,
      },
      { clock: this.clock },
    );
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.clock.advanceAsync(0);
    await this.clock.advanceAsync(0);
  }
}

export function trip(breaker: Breaker, error: unknown = DOWN): void {
  breaker.acquire().fail(error);
}

/** Two transitions: it opens, and is closed by hand. */
export function flap(breaker: Breaker): void {
  trip(breaker);
  breaker.reset();
}
