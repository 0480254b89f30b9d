import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real HTTP service that others depend on. It counts what reaches it: the witness of every story. */
export class Upstream {
  hits = 0;
  /** The status it answers with, or what it does instead of answering. */
  mood: number | 'hang' | 'reset' = 200;
  private readonly waiting: ServerResponse[] = [];
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** On a free port, the next time on the same one. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => {
      this.hits++;
      response.setHeader('connection', 'close');
      if (this.mood === 'reset') request.socket.destroy();
      else if (this.mood === 'hang') this.waiting.push(response);
      else response.writeHead(this.mood).end(`answer ${this.hits}`);
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Answers everybody who hangs. */
  answerAll(): void {
    for (const response of this.waiting.splice(0)) response.writeHead(200).end('late answer');
  }

  /** Nobody listens any more: connections are refused. */
  async stop(): Promise<void> {
    this.answerAll();
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}
