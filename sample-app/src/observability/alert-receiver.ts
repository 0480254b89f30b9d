import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HOST } from '../free-port.js';

/** What of an alert is read here. All of it: docs/observability/alerts.md of the package. */
export interface ReceivedAlert {
  /** `opened`, `probing`, `reopened`, `recovered`, … */
  readonly kind: string;
  readonly breaker?: string;
  readonly title: string;
  /** The title, and all there is to know below it. */
  readonly text: string;
}

const isAlert = (value: unknown): value is ReceivedAlert =>
  typeof (value as ReceivedAlert | null)?.kind === 'string' &&
  typeof (value as ReceivedAlert).title === 'string' &&
  typeof (value as ReceivedAlert).text === 'string';

/** Stands for the pager or the chat that you have: takes the webhook's requests, and tells of them. */
export class AlertReceiver {
  readonly alerts: ReceivedAlert[] = [];
  private readonly listeners = new Set<(alert: ReceivedAlert) => void>();
  private readonly server = createServer((request, response) => {
    jsonOf(request).then(
      (body) => {
        if (!isAlert(body)) return response.writeHead(400).end();
        this.take(body);
        return response.writeHead(204).end();
      },
      () => response.writeHead(400).end(),
    );
  });

  get url(): string {
    return `http://${HOST}:${(this.server.address() as AddressInfo).port}/alerts`;
  }

  /** On any free port. */
  async listen(): Promise<void> {
    await once(this.server.listen(0, HOST), 'listening');
  }

  onAlert(listener: (alert: ReceivedAlert) => void): void {
    this.listeners.add(listener);
  }

  /** The last alert of that kind, or the next one. @throws when it does not come within a time. */
  async received(kind: string, withinMs: number, breaker = 'acquirer'): Promise<ReceivedAlert> {
    const isIt = (alert: ReceivedAlert): boolean => alert.kind === kind && alert.breaker === breaker;
    const last = this.alerts.filter(isIt).at(-1);
    if (last !== undefined) return last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.listeners.delete(listener);
        reject(new Error(`no alert "${kind}" of ${breaker} within ${withinMs} ms`));
      }, withinMs);
      const listener = (alert: ReceivedAlert): void => {
        if (!isIt(alert)) return;
        clearTimeout(timer);
        this.listeners.delete(listener);
        resolve(alert);
      };
      this.onAlert(listener);
    });
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server.close(), 'close');
    this.server.closeAllConnections();
    await closed;
  }

  private take(alert: ReceivedAlert): void {
    this.alerts.push(alert);
    for (const listener of this.listeners) listener(alert);
  }
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}
