import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';

import { describe, expect, it } from '@jest/globals';

import { CallTimeoutException, FailureRate, MinRequests } from '../../../lib/core/index.js';
import { deferred, rejection, settled, unhandled } from '../../support/async.js';
import { aBreaker, aHalfOpen } from '../../support/breaker.js';

const down = new Error('down');
type Bytes = ReadableStream<Uint8Array>;

/** Gives two chunks, only when it is asked, then ends so. */
function aStream(
  end: (stream: { close(): void; error(error: unknown): void }) => void = (it) => it.close(),
): Bytes {
  let given = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (given++ < 2) controller.enqueue(Buffer.from('x'));
        else end(controller);
      },
    },
    { highWaterMark: 0 },
  );
}

const broken = (): Bytes => aStream((it) => it.error(down));

async function readAll(stream: Bytes): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

async function iterateAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const READERS: readonly [string, (stream: Bytes) => Promise<unknown>][] = [
  ['getReader()', readAll],
  ['for await', iterateAll],
  ['values()', (stream) => iterateAll(stream.values({ preventCancel: true }))],
  ['new Response()', (stream) => new Response(stream as never).text()],
  ['Readable.fromWeb()', (stream) => text(Readable.fromWeb(stream))],
  ['pipeTo()', (stream) => stream.pipeTo(new WritableStream())],
  ['pipeThrough()', (stream) => readAll(stream.pipeThrough(new TransformStream()))],
  ['one branch of tee()', (stream) => readAll(stream.tee()[0])],
  ['the other branch of tee()', (stream) => iterateAll(stream.tee()[1])],
];

describe.each(READERS)('a web stream that a call gave, read by %s', (_, read) => {
  it.each(['closed', 'half_open'])('%s: is one call, and a success at its end', async (state) => {
    const { breaker } =
      state === 'closed' ? aBreaker() : aHalfOpen({ maxHalfOpenCalls: 2, tripper: MinRequests(5) });
    const stream = aStream();
    expect(await breaker.execute(async () => stream)).toBe(stream);
    expect(Object.keys(stream)).toEqual(Object.keys(aStream()));
    expect(breaker.snapshot().calls).toMatchObject({ success: 0 });
    await read(stream);
    await settled();
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, inFlight: state === 'closed' ? 0 : 1 });
  });

  it('fails when it breaks, and the reader has the same error', async () => {
    const { breaker } = aBreaker();
    const errors = await unhandled(async () => {
      const error = await rejection(read(await breaker.execute(async () => broken())));
      expect(error === down || (error as Error).cause === down).toBe(true);
    });
    expect(errors).toEqual([]);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, failure: 1, inFlight: 0 });
  });
});

describe('a web stream that a call gave', () => {
  it('opens no circuit whose calls are good, however they are read', async () => {
    const { breaker } = aBreaker({ tripper: MinRequests(5).and(FailureRate(0.5)) });
    for (let i = 0; i < 20; i++) await readAll(await breaker.execute(async () => aStream()));
    for (let i = 0; i < 5; i++) await rejection(breaker.execute(() => Promise.reject(down)));
    expect(breaker.state).toBe('closed');
  });

  it('is a success when its reader is cancelled after a chunk; before one, and cancelled itself, it says nothing', async () => {
    const { breaker } = aBreaker();
    const give = (): Promise<Bytes> => breaker.execute(async () => aStream());
    const reader = (await give()).getReader();
    await reader.read();
    expect(await reader.cancel()).toBeUndefined();
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, ignored: 0 });
    expect(await (await give()).getReader().cancel()).toBeUndefined();
    const last = await give();
    expect(await last.cancel()).toBeUndefined();
    expect(await last.cancel()).toBeUndefined();
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, ignored: 2, inFlight: 0 });
  });

  it('is left when its reader lets it go, and stays readable', async () => {
    const { breaker } = aBreaker();
    const stream = await breaker.execute(async () => aStream());
    stream.getReader().releaseLock();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 0 });
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    await stream.pipeTo(new WritableStream());
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1 });
  });

  it('has its idle limit in a reader too', async () => {
    const { breaker, clock } = aBreaker({ idleTimeoutMs: 100 });
    const stream = await breaker.execute(async () => {
      let isFirst = true;
      return new ReadableStream<number>(
        {
          pull: (controller) => {
            if (isFirst) controller.enqueue(1);
            const wait = isFirst ? undefined : deferred<void>().promise;
            isFirst = false;
            return wait;
          },
        },
        { highWaterMark: 0 },
      );
    });
    const reader = stream.getReader();
    await reader.read();
    const next = rejection(reader.read());
    clock.advance(100);
    expect(await next).toBeInstanceOf(CallTimeoutException);
    expect(breaker.snapshot().calls).toMatchObject({ failure: 1, inFlight: 0 });
    expect(clock.timerCount).toBe(0);
  });

  it('that cannot be read is a failure, with the error that its reader has', async () => {
    const { breaker } = aBreaker();
    for (const begin of [
      () => {
        throw down;
      },
      () => null,
    ]) {
      const stream = { [Symbol.asyncIterator]: begin as unknown as () => AsyncIterator<unknown> };
      const given = await breaker.execute(async () => stream);
      expect(await rejection(iterateAll(given))).toBeInstanceOf(Error);
      expect(await rejection(iterateAll(given))).toBeInstanceOf(Error);
    }
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 2, failure: 2, inFlight: 0 });
  });

  it('may be of an SDK, with a tee() of its own: what it gives is watched where that can be done', async () => {
    const { breaker } = aBreaker();
    const values = (): AsyncIterable<number> => ({
      async *[Symbol.asyncIterator]() {
        yield 1;
      },
    });
    for (const branches of [[values(), Object.freeze(values()), 7], 'none']) {
      const stream = { ...values(), tee: () => branches };
      expect((await breaker.execute(async () => stream)).tee()).toBe(branches);
    }
    const teed = { ...values(), tee: () => [values()] };
    await iterateAll((await breaker.execute(async () => teed)).tee()[0]!);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });

  it('is read on by a second reader as the stream has it: the first was the call', async () => {
    const { breaker } = aBreaker();
    const stream = await breaker.execute(async () => aStream());
    const first = stream.getReader();
    await first.read();
    first.releaseLock();
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
    const second = stream.getReader();
    expect((await second.read()).done).toBe(false);
    await second.cancel();
    expect((await second.read()).done).toBe(true);
    expect(breaker.snapshot().calls).toMatchObject({ admitted: 1, success: 1, inFlight: 0 });
  });
});
