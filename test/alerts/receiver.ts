import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came in over a real socket. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: any;
  /** When it had come in, on this process's clock. */
  readonly atMs: number;
}

/** What the receiver does with a request. */
export type Behaviour = (response: ServerResponse, request: Received) => void;

export const takes: Behaviour = (response) => response.end('ok');

/** As Slack does: a `ts` per message. */
export const takesAsSlack: Behaviour = (response, { atMs }) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ ok: true, ts: `${atMs}` }));

export const fails =
  (status: number, text = ''): Behaviour =>
  (response) =>
    response.writeHead(status).end(text);

export const limits =
  (retryAfter: string): Behaviour =>
  (response) =>
    response.writeHead(429, { 'retry-after': retryAfter }).end('{"ok":false,"error":"ratelimited"}');

export const isSlow =
  (ms: number, then: Behaviour): Behaviour =>
  (response, request) =>
    void setTimeout(() => then(response, request), ms);

/** Says nothing, ever. */
export const hangs: Behaviour = () => {};

/** Says that it is fine, and half of the rest. */
export const hangsInTheBody: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"ok":tr');
};

/** Cuts the connection. */
export const hangsUp: Behaviour = (response) => response.socket?.destroy();

/** A real receiver on a real socket, that does with each request what it is told. */
export class Receiver {
  readonly received: Received[] = [];
  /** What it does with the next requests, first come first. */
  readonly plan: Behaviour[] = [];
  usual: Behaviour = takes;
  inFlight = 0;
  maxInFlight = 0;
  url = '';
  private readonly waiters = new Set<() => void>();
  private readonly server: Server = createServer((request, response) => {
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    response.on('close', () => this.inFlight--);
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      const received = { path: url, headers, body: JSON.parse(text), atMs: performance.now() };
      this.received.push(received);
      for (const wake of this.waiters) wake();
      (this.plan.shift() ?? this.usual)(response, received);
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Until so many requests have come in, for five seconds at most. */
  async until(count: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`only ${this.received.length} of ${count} requests came`)),
        5000,
      );
      const check = (): void => {
        if (this.received.length < count) return;
        clearTimeout(limit);
        this.waiters.delete(check);
        resolve();
      };
      this.waiters.add(check);
      check();
    });
  }
}
