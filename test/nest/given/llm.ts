import Anthropic from '@anthropic-ai/sdk';
import { APIPromise as AnthropicPromise } from '@anthropic-ai/sdk';
import { Stream as AnthropicStream } from '@anthropic-ai/sdk/core/streaming';
import { Inject, Injectable } from '@nestjs/common';
import { callSignal, CircuitBreaker } from 'nestjs-fluxgate';
import OpenAI, { APIPromise as OpenAiPromise } from 'openai';
import { Stream as OpenAiStream } from 'openai/core/streaming';

/** What both SDKs give: a subclass of Promise with methods of its own. */
export interface ApiPromise<T> extends Promise<T> {
  asResponse(): Promise<Response>;
  withResponse(): Promise<{ data: T; response: Response; request_id?: string | null | undefined }>;
}

export interface Event {
  readonly choices?: readonly { readonly delta: { readonly content?: string | null } }[];
  readonly delta?: { readonly text?: string };
}

export interface EventStream extends AsyncIterable<Event> {
  readonly controller: AbortController;
  tee(): [EventStream, EventStream];
  toReadableStream(): ReadableStream;
}

/** A `.stream()` helper: an emitter that can be iterated. */
export interface Helper extends AsyncIterable<Event> {
  on(event: string, listener: (...args: never[]) => unknown): unknown;
  abort(): void;
}

/** One SDK, asked for the same things in its own words. */
export interface Llm {
  create(signal?: AbortSignal): ApiPromise<object>;
  stream(signal?: AbortSignal): ApiPromise<EventStream>;
  helper(signal?: AbortSignal): Helper;
  /** What a helper makes of it all. */
  final(helper: Helper): Promise<unknown>;
}

const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'count' }] };

export const SDKS = [
  {
    name: 'openai',
    PromiseClass: OpenAiPromise,
    StreamClass: OpenAiStream,
    make(url: string): Llm {
      const { completions } = new OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 }).chat;
      return {
        create: (signal) => completions.create(asked, { signal }),
        stream: (signal) => completions.create({ ...asked, stream: true }, { signal }),
        helper: (signal) => completions.stream(asked, { signal }),
        final: (helper) => (helper as ReturnType<typeof completions.stream>).finalChatCompletion(),
      };
    },
  },
  {
    name: '@anthropic-ai/sdk',
    PromiseClass: AnthropicPromise,
    StreamClass: AnthropicStream,
    make(url: string): Llm {
      const { messages } = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 });
      const given = { ...asked, max_tokens: 9 };
      return {
        create: (signal) => messages.create(given, { signal }),
        stream: (signal) => messages.create({ ...given, stream: true }, { signal }) as never,
        helper: (signal) => messages.stream(given, { signal }) as never,
        final: (helper) => (helper as unknown as ReturnType<typeof messages.stream>).finalMessage(),
      };
    },
  },
] as const;

export const LLM = Symbol('llm');

/** A service around one of them, in every way that a method can be declared. */
@Injectable()
export class Chat {
  /** What the SDK itself gave, the last time. */
  given: unknown;

  constructor(@Inject(LLM) readonly llm: Llm) {}

  private keep<T>(given: T): T {
    this.given = given;
    return given;
  }

  @CircuitBreaker('shop')
  undeclared() {
    return this.keep(this.llm.create());
  }
  @CircuitBreaker('shop')
  declared(): Promise<object> {
    return this.keep(this.llm.create());
  }
  @CircuitBreaker('shop')
  ofOpenAi(): OpenAiPromise<object> {
    return this.keep(this.llm.create()) as OpenAiPromise<object>;
  }
  @CircuitBreaker('shop')
  async async() {
    return this.llm.create();
  }

  @CircuitBreaker('shop')
  async streamAsync() {
    return this.keep(await this.llm.stream(callSignal()));
  }
  @CircuitBreaker('shop')
  streamUndeclared() {
    return this.keep(this.llm.stream(callSignal()));
  }
  @CircuitBreaker('shop')
  streamDeclared(): Promise<EventStream> {
    return this.keep(this.llm.stream(callSignal()));
  }
  @CircuitBreaker('shop', { returns: 'iterator' })
  iterated(): AsyncIterable<Event> {
    return this.llm.stream(callSignal()) as never;
  }
  @CircuitBreaker('shop')
  helper() {
    return this.keep(this.llm.helper(callSignal()));
  }
}

/** The token of an event, if it has one. */
export const tokenOf = (event: Event): string | undefined =>
  event.choices?.[0]?.delta.content ?? event.delta?.text ?? undefined;

/** Reads until `count` tokens have come, or the end. */
export async function read(stream: AsyncIterable<Event>, count = Infinity): Promise<string[]> {
  const tokens: string[] = [];
  for await (const event of stream) {
    const token = tokenOf(event);
    if (token !== undefined) tokens.push(token);
    if (tokens.length >= count) break;
  }
  return tokens;
}
