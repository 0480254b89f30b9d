import type { TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FailureStreak } from 'nestjs-fluxgate';

import { rejection, settled } from '../../support/async.js';
import { BRITTLE, breakerOf, calls, closeAll, start } from '../apps.js';
import { Chat, LLM, SDKS, type Llm } from './llm.js';
import { LlmServer } from './llm-server.js';

const REJECTED = { code: 'CIRCUIT_NOT_PERMITTED' };
/** How a method without `async` may be declared. */
const WAYS = ['undeclared', 'declared', 'ofOpenAi'] as const;

let server: LlmServer;
beforeAll(async () => {
  server = await LlmServer.start();
});
afterAll(() => server.stop());
afterEach(async () => {
  server.forget();
  await closeAll();
});

describe.each(SDKS)('what create() of $name gives', ({ PromiseClass, make }) => {
  let app: TestingModule;
  let chat: Chat;

  async function appWith(llm: Llm): Promise<void> {
    const shop = { ...BRITTLE, tripper: FailureStreak(3) };
    app = await start({ providers: [Chat, { provide: LLM, useValue: llm }] }, { breakers: { shop } });
    chat = app.get(Chat);
  }
  beforeEach(() => appWith(make(server.url)));

  describe.each(WAYS)('from a method (%s)', (way) => {
    it('is one request and one success where it is awaited, also twice', async () => {
      const answer = chat[way]();
      expect(await answer).toMatchObject({ model: 'm' });
      expect(await answer).toMatchObject({ model: 'm' });
      expect(calls(app)).toEqual({ success: 1 });
      expect(server.requests).toBe(1);
    });

    it('has withResponse(), which ends the call', async () => {
      const answer = chat[way]() as ReturnType<Llm['create']>;
      const { data, response, request_id } = await answer.withResponse();
      expect(data).toMatchObject({ model: 'm' });
      expect(response.status).toBe(200);
      expect(request_id).toBe('r1');
      expect(calls(app)).toEqual({ success: 1 });
      expect(await answer).toBe(data);
      expect(calls(app)).toEqual({ success: 1 });
      expect(server.requests).toBe(1);
    });

    it('has asResponse(), whose body nobody has read', async () => {
      const response = await (chat[way]() as ReturnType<Llm['create']>).asResponse();
      expect(calls(app)).toEqual({ success: 1 });
      expect(response.bodyUsed).toBe(false);
      expect(await response.json()).toMatchObject({ model: 'm' });
      expect(calls(app)).toEqual({ success: 1 });
      expect(server.requests).toBe(1);
    });

    it('is still the promise of that class', () => {
      expect(chat[way]().catch(() => undefined)).toBeInstanceOf(Promise);
      const answer = chat[way]();
      expect(answer).toBeInstanceOf(PromiseClass);
      expect(Object.prototype.toString.call(answer)).toBe('[object Promise]');
      return Promise.allSettled([answer]);
    });

    it.each([
      ['await', (answer: ReturnType<Llm['create']>) => answer],
      ['withResponse', (answer: ReturnType<Llm['create']>) => answer.withResponse()],
      ['asResponse', (answer: ReturnType<Llm['create']>) => answer.asResponse()],
    ])('that the server answers by 500 is one failure, heard by %s', async (_name, ask) => {
      server.status = 500;
      const error = await rejection(ask(chat[way]() as never));
      expect(error).toMatchObject({ status: 500 });
      expect(calls(app)).toEqual({ failure: 1 });
      expect(server.requests).toBe(1);
    });

    it('fails once where its own catch, or a rejection handler, makes good of it', async () => {
      server.status = 500;
      expect(await chat[way]().catch(() => 'caught')).toBe('caught');
      expect(await chat[way]().then(undefined, () => 'handled')).toBe('handled');
      expect(calls(app)).toEqual({ failure: 2 });
      breakerOf(app).reset();
      expect(await rejection(chat[way]().finally(() => undefined))).toMatchObject({ status: 500 });
      expect(calls(app)).toMatchObject({ failure: 3 });
    });

    it('fails where nobody listens at the port', async () => {
      const gone = await LlmServer.start();
      const { url } = gone;
      await gone.stop();
      await appWith(make(url));
      expect(await rejection(chat[way]())).toMatchObject({ message: 'Connection error.' });
      expect(calls(app)).toEqual({ failure: 1 });
    });

    it('is a rejection while the circuit is open, and nothing reaches the server', async () => {
      await chat[way](); // From here on also the undeclared one is known.
      server.status = 500;
      for (let i = 0; i < 20; i++) await rejection(chat[way]());
      expect(server.requests).toBe(4);
      const seen: unknown[] = [];
      await chat[way]().catch((error: unknown) => seen.push(error));
      expect(seen).toEqual([expect.objectContaining(REJECTED)]);
      await settled();
      expect(server.requests).toBe(4);
      expect(calls(app)).toEqual({ success: 1, failure: 3, rejected: 18 });
    });
  });

  it('from an async method is a plain promise, and one call', async () => {
    expect(await chat.async()).toMatchObject({ model: 'm' });
    server.status = 500;
    expect(await rejection(chat.async())).toMatchObject({ status: 500 });
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    expect(server.requests).toBe(2);
  });

  it('goes through execute as one call', async () => {
    const breaker = breakerOf(app);
    expect(await breaker.execute(({ signal }) => chat.llm.create(signal))).toMatchObject({ model: 'm' });
    server.status = 500;
    expect(await rejection(breaker.execute(({ signal }) => chat.llm.create(signal)))).toMatchObject({
      status: 500,
    });
    expect(calls(app)).toEqual({ success: 1, failure: 1 });
    expect(server.requests).toBe(2);
  });

  it('goes through executeSync as itself, and one call', async () => {
    const breaker = breakerOf(app);
    const { data } = await breaker.executeSync(() => chat.llm.create()).withResponse();
    expect(data).toMatchObject({ model: 'm' });
    expect(calls(app)).toEqual({ success: 1 });
    expect(server.requests).toBe(1);
  });
});

describe('a method without a declared type', () => {
  it('throws while the circuit is open, until what it gave has taught its shape', async () => {
    class Fresh extends Chat {}
    const llm = SDKS[0].make(server.url);
    const app = await start({ providers: [Fresh, { provide: LLM, useValue: llm }] });
    const fresh = app.get(Fresh);
    breakerOf(app).forceOpen();
    expect(() => fresh.undeclared()).toThrow(expect.objectContaining(REJECTED));
    breakerOf(app).reset();
    await fresh.undeclared();
    breakerOf(app).forceOpen();
    expect(await rejection(fresh.undeclared())).toMatchObject(REJECTED);
    expect(server.requests).toBe(1);
  });
});
