import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { HOST } from '../free-port.js';

/** What can be wrong with the acquirer. */
export const FAULTS = ['healthy', '500', '404', 'slow', 'hang', 'reset', 'refused'] as const;
export type Fault = (typeof FAULTS)[number];

export const isFault = (value: unknown): value is Fault => FAULTS.includes(value as Fault);

const SLOW_MS = 400;
const SETTLEMENTS = 8;
const SETTLEMENT_EVERY_MS = 250;

/**
 * A payment provider, without Nest and without the package: it takes payments, tells rates and streams
 * settlements. It breaks on command, and counts the requests that reach it.
 */
export class Acquirer {
  /** Requests that came in, whatever became of them. */
  requests = 0;
  private current: Fault = 'healthy';
  private port = 0;
  private readonly payments = new Map<string, number>([['p-1', 42]]);
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((request, response) => {
    this.requests++;
    this.serve(request, response).catch((error: Error) => response.destroy(error));
  }).on('connection', (socket) => {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  });

  get fault(): Fault {
    return this.current;
  }

  get url(): string {
    return `http://${HOST}:${this.port}`;
  }

  async listen(port: number): Promise<void> {
    await once(this.server.listen(port, HOST), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async setFault(fault: Fault): Promise<void> {
    if (fault !== 'refused' && !this.server.listening) await this.listen(this.port);
    this.current = fault;
    if (fault === 'refused') await this.close();
    if (fault === 'reset') for (const socket of this.sockets) reset(socket);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server.close(), 'close');
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (this.current) {
      case 'hang':
        return;
      case 'reset':
        reset(request.socket);
        return;
      case '500':
      case '404':
        return answer(response, Number(this.current), { error: 'as you wished' });
      case 'slow':
        await sleep(SLOW_MS);
        break;
      case 'healthy':
      case 'refused':
    }
    await this.answer(request, response);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, resource, id] = (request.url ?? '/').split('/');
    if (request.method === 'POST' && resource === 'payments') return this.take(request, response);
    if (resource === 'settlements') return this.streamSettlements(response);
    if (resource === 'rates') return answer(response, 200, { currency: id, rate: rateOf(id) });
    const amount = this.payments.get(id ?? '');
    if (resource === 'payments' && amount !== undefined) {
      return answer(response, 200, { id, amount, status: 'captured' });
    }
    return answer(response, 404, { error: 'no such thing' });
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const amount = amountOf(await bodyOf(request));
    if (amount === undefined) return answer(response, 422, { error: 'the amount must be more than 0' });
    const id = `p-${this.payments.size + 1}`;
    this.payments.set(id, amount);
    return answer(response, 201, { id, amount, status: 'authorised' });
  }

  /** One JSON object per line, as banks like it. */
  private async streamSettlements(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (let batch = 1; batch <= SETTLEMENTS && !response.destroyed; batch++) {
      response.write(`${JSON.stringify({ batch, amount: batch * 100 })}\n`);
      await sleep(SETTLEMENT_EVERY_MS);
    }
    response.end();
  }
}

/** A socket that is ending can no longer be reset: Node would wait for that end for ever, and the process would not exit. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

function amountOf(body: string): number | undefined {
  try {
    const { amount } = JSON.parse(body) as { amount?: unknown };
    return typeof amount === 'number' && amount > 0 ? amount : undefined;
  } catch {
    return undefined;
  }
}

/** Made up, but the same each time. */
const rateOf = (currency = ''): number => 1 + (Buffer.byteLength(currency) % 7) / 10;
