import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What an upstream does instead of answering. */
export type Misbehaviour =
  | 'hang'
  | 'drip'
  | 'reset'
  | 'reset in the body'
  | 'half-close'
  | 'half-close in the body'
  | 'speak no HTTP'
  | 'refuse';

/** Of an answer that will not be finished. */
const BEGINNING = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbeginning';

/** A real HTTP service that others depend on. It counts what reaches it: the witness of every story. */
export class Upstream {
  hits = 0;
  /** Requests that it has neither answered nor lost. */
  inFlight = 0;
  /** How many it had in flight at once, at most. */
  mostInFlight = 0;
  /** The status it answers with, or what it does instead of answering; `become` also opens and closes its port. */
  mood: number | Misbehaviour = 200;
  /** How long it thinks before it answers. */
  delayMs = 0;
  private readonly waiting: (() => void)[] = [];
  private server: Server | undefined;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** On a free port, the next time on the same one. */
  async start(): Promise<this> {
    this.server = createServer((request, response) => this.receive(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async become(mood: number | Misbehaviour): Promise<void> {
    this.mood = mood;
    if (mood === 'refuse') await this.stop();
    else if (this.server === undefined) await this.start();
  }

  /** Well again, and as if nobody had ever asked. */
  async forget(): Promise<void> {
    this.answerAll();
    await this.become(200);
    this.delayMs = 0;
    this.hits = this.mostInFlight = 0;
  }

  /** Answers everybody who hangs, as its mood is now; a hanging one says 200. */
  answerAll(): void {
    for (const answer of this.waiting.splice(0)) answer();
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

  private receive({ socket }: IncomingMessage, response: ServerResponse): void {
    this.hits++;
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    let isOver = false;
    const over = (): void => {
      if (!isOver) this.inFlight--;
      isOver = true;
    };
    response.once('close', over).setHeader('connection', 'close');
    const { mood, hits } = this;
    if (typeof mood !== 'number') return this.misbehave(mood, socket, response, over);
    const answer = (): void => {
      over();
      response.writeHead(mood).end(`answer ${hits}`);
    };
    if (this.delayMs === 0) answer();
    else setTimeout(answer, this.delayMs);
  }

  private misbehave(mood: Misbehaviour, socket: Socket, response: ServerResponse, over: () => void): void {
    switch (mood) {
      case 'hang':
        this.waiting.push(() => {
          over();
          const status = typeof this.mood === 'number' ? this.mood : 200;
          response.writeHead(status).end('late answer');
        });
        return;
      case 'drip':
        return drip(response);
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'reset in the body':
        socket.write(BEGINNING, () => socket.resetAndDestroy());
        return;
      case 'half-close':
        socket.end();
        return;
      case 'half-close in the body':
        socket.end(BEGINNING);
        return;
      default:
        socket.end('220 smtp.example.com ready\r\n\r\n');
    }
  }
}

/** A byte every few milliseconds, without end. */
function drip(response: ServerResponse): void {
  response.writeHead(200).write('.');
  const timer = setInterval(() => response.write('.'), 5);
  response.once('close', () => clearInterval(timer));
}
