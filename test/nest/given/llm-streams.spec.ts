import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FailureStreak, type BreakerOptions } from 'nestjs-fluxgate';
import { ManualClock, RecordingListener } from 'nestjs-fluxgate/testing';

import { rejection, settled } from '../../support/async.js';
import { breakerOf, calls, closeAll, start } from '../apps.js';
import { Chat, LLM, read, SDKS, tokenOf, type Event, type EventStream } from './llm.js';
import { LlmServer } from './llm-server.js';
import { until } from './until.js';

const ALL = ['one', 'two', 'three'];
const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };

let server: LlmServer;
beforeAll(async () => {
  server = await LlmServer.start();
});
afterAll(() => server.stop());
afterEach(async () => {
  server.forget();
  await closeAll();
});

describe.each(SDKS)('a stream of $name', ({ StreamClass, make }) => {
  let app: TestingModule;
  let clock: ManualClock;
  let chat: Chat;
  let heard: RecordingListener;

  async function appWith(shop: BreakerOptions): Promise<void> {
    clock = new ManualClock();
    const llm = { provide: LLM, useValue: make(server.url) };
    app = await start({ providers: [Chat, llm] }, { breakers: { shop }, clock });
    chat = app.get(Chat);
    heard = new RecordingListener();
    breakerOf(app).subscribe(heard);
  }
  beforeEach(() => appWith({ probeLeaseMs: 500 }));

  const inFlight = (): number => breakerOf(app).snapshot().calls.inFlight;

  /** The doors through which a stream comes. */
  const DOORS: Record<string, (signal?: AbortSignal) => Promise<EventStream>> = {
    'an async method': () => chat.streamAsync(),
    'a method without a declared type': () => chat.streamUndeclared(),
    'a method declared Promise': () => chat.streamDeclared(),
    execute: (own) =>
      breakerOf(app).execute(
        ({ signal }) => (chat.given = chat.llm.stream(signal)) as Promise<EventStream>,
        own && { signal: own },
      ),
  };
  const names = Object.keys(DOORS);

  describe.each(names)('through %s', (name) => {
    const open = (signal?: AbortSignal): Promise<EventStream> => DOORS[name]!(signal);

    it('is one call, in flight from its first step to its end', async () => {
      server.ends = false;
      const stream = await open();
      expect(inFlight()).toBe(0); // Nobody reads it yet.
      const iterator = stream[Symbol.asyncIterator]();
      const first = iterator.next();
      expect(inFlight()).toBe(1);
      await first;
      expect(inFlight()).toBe(1);
      server.end();
      while ((await iterator.next()).done !== true) expect(inFlight()).toBe(1);
      expect(calls(app)).toEqual({ success: 1 });
      expect(server.requests).toBe(1);
    });

    it('gives what the SDK gives', async () => {
      expect(await read(await open())).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
      expect(heard.of('call')).toHaveLength(1);
    });

    it('is the very object of the SDK, with all that it has', async () => {
      const stream = await open();
      if (name === 'an async method') expect(stream).toBe(chat.given);
      expect(stream).toBeInstanceOf(StreamClass);
      expect(stream.controller).toBeInstanceOf(AbortController);
      expect(Object.keys(stream)).toEqual(Object.keys(await make(server.url).stream()));
      const [left, right] = stream.tee();
      expect([await read(left), await read(right)]).toEqual([ALL, ALL]);
    });

    it('counts when it is read through toReadableStream()', async () => {
      const reader = (await open()).toReadableStream().getReader();
      const lines: string[] = [];
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        lines.push(Buffer.from(step.value as Uint8Array).toString());
      }
      const events = lines.map((line) => JSON.parse(line) as Event);
      expect(events.map(tokenOf).filter(Boolean)).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
    });

    it('is for one reader, as the SDK says', async () => {
      const stream = await open();
      await read(stream);
      expect(String(await rejection(read(stream)))).toContain('consumed stream');
      expect(calls(app)).toEqual({ success: 1 });
    });

    it('is a failure when the connection breaks in mid-stream', async () => {
      server.ends = false;
      const stream = await open();
      const tokens: string[] = [];
      const failing = rejection(
        (async () => {
          for await (const event of stream) tokens.push(tokenOf(event)!);
        })(),
      );
      await until('three tokens came', () => tokens.filter(Boolean).length === 3);
      expect(calls(app)).toEqual({ inFlight: 1 });
      server.reset();
      expect(await failing).toMatchObject({ message: 'terminated' });
      expect(calls(app)).toEqual({ failure: 1 });
      expect(breakerOf(app).state).toBe('open');
    });

    it('is a failure when an event in mid-stream says so', async () => {
      server.ends = false;
      const stream = await open();
      const failing = rejection(read(stream));
      await until('it is open', () => server.open === 1);
      server.fail();
      expect(await failing).toMatchObject({ message: expect.stringContaining('overloaded') as unknown });
      expect(calls(app)).toEqual({ failure: 1 });
    });

    it('is one failure when the server refuses it', async () => {
      server.status = 500;
      expect(await rejection(open())).toMatchObject({ status: 500 });
      expect(calls(app)).toEqual({ failure: 1 });
      expect(server.requests).toBe(1);
      expect(await rejection(open())).toBeDefined();
      expect(server.requests).toBe(1);
    });

    it('that is left after a value is a success of the time to its first value, and left at the server', async () => {
      server.tokens = [];
      server.ends = false;
      const iterator = (await open())[Symbol.asyncIterator]();
      const first = iterator.next();
      await settled();
      clock.advance(40);
      server.say('one');
      expect((await first).done).toBe(false);
      clock.advance(1000);
      await iterator.return!();
      expect(calls(app)).toEqual({ success: 1 });
      expect(heard.of('call').map(({ durationMs }) => durationMs)).toEqual([40]);
      await until('the server saw it', () => server.left === 1);
    });

    it('that is left by break after a value is a success', async () => {
      server.ends = false;
      expect(await read(await open(), 2)).toEqual(['one', 'two']);
      expect(calls(app)).toEqual({ success: 1 });
      await until('the server saw it', () => server.left === 1);
    });

    it('that is left before a value is ignored', async () => {
      server.tokens = [];
      server.ends = false;
      const iterator = (await open())[Symbol.asyncIterator]();
      const first = iterator.next();
      await settled();
      void iterator.return!();
      await settled();
      expect(calls(app)).toEqual({ ignored: 1 });
      server.end();
      await first.catch(() => undefined);
      await settled();
      expect(calls(app)).toEqual({ ignored: 1 });
    });

    it('that nobody reads is no call in flight', async () => {
      server.ends = false;
      await open();
      await open();
      expect(inFlight()).toBe(0);
      await clock.advanceAsync(10_000_000);
      expect(calls(app)).not.toHaveProperty('failure');
      expect(breakerOf(app).state).toBe('closed');
    });

    it('that nobody reads closes a half-open circuit when its lease is over, and not before', async () => {
      server.ends = false;
      await read(await open(), 1); // From here on every method knows its shape.
      breakerOf(app).forceOpen({ forMs: 1 });
      clock.advance(1);
      await open();
      expect(breakerOf(app).snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
      await clock.advanceAsync(499);
      expect(breakerOf(app).state).toBe('half_open');
      await clock.advanceAsync(1);
      expect(breakerOf(app).state).toBe('closed');
      expect(calls(app)).toEqual({ success: 2 });
    });

    it('that is read closes a half-open circuit at its end, and a broken one opens it', async () => {
      await read(await open());
      breakerOf(app).forceOpen({ forMs: 1 });
      clock.advance(1);
      expect(await read(await open())).toEqual(ALL);
      expect(breakerOf(app).state).toBe('closed');
      breakerOf(app).forceOpen({ forMs: 1 });
      clock.advance(1);
      server.ends = false;
      const failing = rejection(read(await open()));
      await until('it is open', () => server.open === 1);
      expect(breakerOf(app).state).toBe('half_open');
      server.reset();
      await failing;
      expect(breakerOf(app).state).toBe('open');
    });

    it('rejects while the circuit is open, and nothing reaches the server', async () => {
      await read(await open());
      breakerOf(app).forceOpen();
      expect(await rejection(open())).toMatchObject(REJECTED);
      await settled();
      expect(server.requests).toBe(1);
    });

    it('that stalls longer than idleTimeoutMs fails, and is left at the server', async () => {
      await appWith({ idleTimeoutMs: 30 });
      server.ends = false;
      const iterator = (await open())[Symbol.asyncIterator]();
      const last = server.tokens.at(-1);
      for (;;) {
        const { value } = (await iterator.next()) as { value: Event };
        if (tokenOf(value) === last) break;
      }
      const failing = rejection(iterator.next());
      await clock.advanceAsync(29);
      expect(calls(app)).toEqual({ inFlight: 1 });
      await clock.advanceAsync(1);
      expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
      expect(calls(app)).toEqual({ failure: 1 });
      await until('the server saw it', () => server.left === 1);
    });

    it('with a slow reader is not silent', async () => {
      await appWith({ idleTimeoutMs: 30 });
      const tokens: unknown[] = [];
      for await (const event of await open()) {
        tokens.push(tokenOf(event));
        await clock.advanceAsync(1000);
      }
      expect(tokens.filter(Boolean)).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
    });
  });

  describe('and the signals of its call', () => {
    /** Reads with the caller's own signal, which aborts after three tokens. */
    async function aborted(reason?: unknown): Promise<unknown> {
      server.ends = false;
      const own = new AbortController();
      const stream = await DOORS.execute!(own.signal);
      const tokens: string[] = [];
      const over = (async () => {
        for await (const event of stream) tokens.push(...[tokenOf(event)].filter((one) => one !== undefined));
      })();
      await until('three tokens came', () => tokens.length === 3);
      expect(calls(app)).toEqual({ inFlight: 1 });
      own.abort(reason);
      await Promise.allSettled([over]);
      await until('the server saw it', () => server.left === 1);
      return tokens;
    }

    it('the one of the task is not aborted when the stream is handed out, nor by its end', async () => {
      let signal: AbortSignal | undefined;
      const stream = await breakerOf(app).execute((call) => {
        ({ signal } = call);
        return chat.llm.stream(call.signal) as Promise<EventStream>;
      });
      await settled();
      expect(signal!.aborted).toBe(false);
      expect(await read(stream)).toEqual(ALL);
      expect(signal!.aborted).toBe(false);
    });

    it("its caller's stops it in mid-stream, and that says nothing", async () => {
      expect(await aborted()).toEqual(ALL);
      expect(calls(app)).toEqual({ ignored: 1 });
      expect(breakerOf(app).state).toBe('closed');
    });

    it("its caller's deadline stops it in mid-stream, and that is a failure", async () => {
      await aborted(new DOMException('too late', 'TimeoutError'));
      expect(calls(app)).toEqual({ failure: 1 });
    });

    it("its caller's does nothing once it is over", async () => {
      const own = new AbortController();
      expect(await read(await DOORS.execute!(own.signal))).toEqual(ALL);
      own.abort();
      await settled();
      expect(calls(app)).toEqual({ success: 1 });
    });
  });

  describe('through iterate', () => {
    const source = ({ signal }: { signal: AbortSignal }): Promise<EventStream> => chat.llm.stream(signal);

    it('may be a promise of the stream', async () => {
      const stream = breakerOf(app).iterate(source);
      expect(server.requests).toBe(0);
      expect(await read(stream)).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
    });

    it('is a failure when that promise rejects, or the stream breaks', async () => {
      await appWith({ tripper: FailureStreak(5) });
      server.status = 500;
      expect(await rejection(read(breakerOf(app).iterate(source)))).toMatchObject({ status: 500 });
      expect(calls(app)).toEqual({ failure: 1 });
      server.status = 200;
      server.ends = false;
      const failing = rejection(read(breakerOf(app).iterate(source)));
      await until('it is open', () => server.open === 1);
      server.reset();
      expect(await failing).toMatchObject({ message: 'terminated' });
      expect(calls(app)).toEqual({ failure: 2 });
    });

    it.each([
      ['ignored when its signal aborts', undefined, { ignored: 1 }],
      ['a failure by its deadline', new DOMException('too late', 'TimeoutError'), { failure: 1 }],
    ])('is %s', async (_name, reason, counts) => {
      server.ends = false;
      const own = new AbortController();
      const tokens: string[] = [];
      const over = (async () => {
        for await (const event of breakerOf(app).iterate(source, { signal: own.signal })) {
          tokens.push(...[tokenOf(event)].filter((one) => one !== undefined));
        }
      })();
      await until('three tokens came', () => tokens.length === 3);
      own.abort(reason);
      await Promise.allSettled([over]);
      expect(calls(app)).toEqual(counts);
      await until('the server saw it', () => server.left === 1);
    });

    it('has idleTimeoutMs', async () => {
      await appWith({ idleTimeoutMs: 30 });
      server.ends = false;
      const tokens: unknown[] = [];
      const failing = rejection(
        (async () => {
          for await (const event of breakerOf(app).iterate(source)) tokens.push(tokenOf(event));
        })(),
      );
      await until('three tokens came', () => tokens.filter(Boolean).length === 3);
      await clock.advanceAsync(30);
      expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
      expect(calls(app)).toEqual({ failure: 1 });
      await until('the server saw it', () => server.left === 1);
    });
  });

  describe("through a method of returns: 'iterator'", () => {
    it('is awaited and iterated', async () => {
      expect(await read(chat.iterated())).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
      expect(server.requests).toBe(1);
    });

    it('fails where the promise rejects, and is rejected while the circuit is open', async () => {
      server.status = 500;
      expect(await rejection(read(chat.iterated()))).toMatchObject({ status: 500 });
      expect(calls(app)).toEqual({ failure: 1 });
      expect(await rejection(read(chat.iterated()))).toMatchObject(REJECTED);
      expect(server.requests).toBe(1);
    });
  });

  describe('by the .stream() helper of a method without a declared type', () => {
    it('is one call, and the very emitter of the SDK', async () => {
      const helper = chat.helper();
      expect(helper).toBe(chat.given);
      const heardEvents: unknown[] = [];
      helper.on('end', () => heardEvents.push('end'));
      expect(await read(helper)).toEqual(ALL);
      expect(calls(app)).toEqual({ success: 1 });
      expect(await chat.llm.final(helper)).toMatchObject({ model: 'm' });
      expect(heardEvents).toEqual(['end']);
      expect(server.requests).toBe(1);
    });

    it('works by its own methods where nobody iterates, and holds nothing', async () => {
      expect(await chat.llm.final(chat.helper())).toMatchObject({ model: 'm' });
      expect(inFlight()).toBe(0);
      expect(server.requests).toBe(1);
    });

    it('is a failure when the server refuses it or breaks it off', async () => {
      await appWith({ tripper: FailureStreak(5) });
      server.status = 500;
      expect(await rejection(read(chat.helper()))).toMatchObject({ status: 500 });
      expect(calls(app)).toEqual({ failure: 1 });
      server.status = 200;
      server.ends = false;
      const failing = rejection(read(chat.helper()));
      await until('it is open', () => server.open === 1);
      server.reset();
      expect(String(await failing)).toContain('terminated');
      expect(calls(app)).toEqual({ failure: 2 });
    });

    it('that is left after a value is a success, and left at the server', async () => {
      server.ends = false;
      const helper = chat.helper();
      helper.on('error', () => undefined);
      expect(await read(helper, 1)).toEqual(['one']);
      expect(calls(app)).toEqual({ success: 1 });
      await until('the server saw it', () => server.left === 1);
    });

    it('that stalls longer than idleTimeoutMs fails, and is left at the server', async () => {
      await appWith({ idleTimeoutMs: 30 });
      server.ends = false;
      const tokens: unknown[] = [];
      const failing = rejection(
        (async () => {
          for await (const event of chat.helper()) tokens.push(tokenOf(event));
        })(),
      );
      await until('three tokens came', () => tokens.filter(Boolean).length === 3);
      await clock.advanceAsync(30);
      expect(await failing).toMatchObject({ name: 'CallTimeoutException' });
      expect(calls(app)).toEqual({ failure: 1 });
      await until('the server saw it', () => server.left === 1);
    });

    it('is, while the circuit is open, a stream that rejects at its first step', async () => {
      await read(chat.helper());
      breakerOf(app).forceOpen();
      const refused = chat.helper();
      expect(await rejection(read(refused))).toMatchObject(REJECTED);
      expect(server.requests).toBe(1);
    });
  });
});
