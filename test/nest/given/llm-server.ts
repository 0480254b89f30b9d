import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Answers as OpenAI (`/chat/completions`) and Anthropic (`/v1/messages`) do: JSON, or server-sent events.
 *
 * It keeps its connections: of an answer with `connection: close` fetch takes a reset in mid-body for the end.
 */
export class LlmServer {
  /** What reached it. */
  requests = 0;
  /** Streams whose reader was gone before their end. */
  left = 0;
  /** A status; at 200 it answers. */
  status = 200;
  /** What a stream gives at once; after that it waits for `say`, `end`, `reset` or `fail`. */
  tokens: readonly string[] = ['one', 'two', 'three'];
  /** Does a stream end by itself? */
  ends = true;
  private readonly streams = new Set<Talk>();

  private constructor(private readonly server: ReturnType<typeof createServer>) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(): Promise<LlmServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LlmServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Streams that it has not ended, and whose reader has not left. */
  get open(): number {
    return this.streams.size;
  }

  /** Well, and as if nobody had asked. */
  forget(): void {
    this.reset();
    this.requests = this.left = 0;
    this.status = 200;
    this.tokens = ['one', 'two', 'three'];
    this.ends = true;
  }

  /** One more token in every open stream. */
  say(token: string): void {
    for (const talk of this.streams) talk.say(token);
  }
  end(): void {
    for (const talk of this.take()) talk.end();
  }
  /** Cuts every open stream. */
  reset(): void {
    for (const { response } of this.take()) response.socket?.resetAndDestroy();
  }
  /** An error event in mid-stream. */
  fail(): void {
    for (const talk of this.take()) talk.fail();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(): Talk[] {
    const all = [...this.streams];
    this.streams.clear();
    return all;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const talk = request.url!.includes('/messages') ? new Messages(response) : new Completions(response);
    if (this.status !== 200) return json(response, this.status, talk.error);
    if (!(JSON.parse(text) as { stream?: boolean }).stream) return json(response, 200, talk.whole);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    for (const token of this.tokens) talk.say(token);
    if (this.ends) return talk.end();
    this.streams.add(talk);
    response.once('close', () => {
      if (this.streams.delete(talk)) this.left++;
    });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': 'r1',
    'request-id': 'r1',
  });
  response.end(JSON.stringify(body));
}

/** One stream, in the words of one provider. */
abstract class Talk {
  abstract readonly whole: unknown;
  abstract readonly error: unknown;
  constructor(readonly response: ServerResponse) {}
  abstract say(token: string): void;
  abstract end(): void;
  abstract fail(): void;
  protected event(data: unknown, event?: string): void {
    const name = event === undefined ? '' : `event: ${event}\n`;
    this.response.write(`${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }
}

class Completions extends Talk {
  readonly error = { error: { message: 'overloaded', type: 'server_error', code: null } };
  readonly whole = {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'one two three' }, finish_reason: 'stop' }],
  };
  say(token: string): void {
    this.chunk({ role: 'assistant', content: token }, null);
  }
  end(): void {
    this.chunk({}, 'stop');
    this.event('[DONE]');
    this.response.end();
  }
  fail(): void {
    this.event(this.error);
  }
  private chunk(delta: object, finish_reason: string | null): void {
    const choices = [{ index: 0, delta, finish_reason }];
    this.event({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices });
  }
}

class Messages extends Talk {
  readonly error = { type: 'error', error: { type: 'overloaded_error', message: 'overloaded' } };
  private readonly frame = {
    id: 'm1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  readonly whole = {
    ...this.frame,
    content: [{ type: 'text', text: 'one two three' }],
    stop_reason: 'end_turn',
  };
  private hasBegun = false;
  say(token: string): void {
    if (!this.hasBegun) {
      this.named({ type: 'message_start', message: { ...this.frame, content: [], stop_reason: null } });
      this.named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    }
    this.hasBegun = true;
    this.named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: token } });
  }
  end(): void {
    this.named({ type: 'content_block_stop', index: 0 });
    this.named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } });
    this.named({ type: 'message_stop' });
    this.response.end();
  }
  fail(): void {
    this.named(this.error);
  }
  private named(data: { readonly type: string; readonly [key: string]: unknown }): void {
    this.event(data, data.type);
  }
}
