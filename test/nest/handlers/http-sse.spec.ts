import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Sse, type INestApplication, type MessageEvent } from '@nestjs/common';
import { CircuitBreaker } from 'nestjs-fluxgate';
import { concat, NEVER, of, throwError, type Observable } from 'rxjs';

import { counts, httpApp, listen, PLATFORMS, resetLogger, Stage, until } from './apps.js';

const events = (...data: string[]): Observable<MessageEvent> => of(...data.map((one) => ({ data: one })));

/** What the upstream of the feed does. */
let feed: () => Observable<MessageEvent> = () => events('one', 'two');

@Controller()
class Feeds {
  @Sse('sync')
  @CircuitBreaker('shop')
  sync(): Observable<MessageEvent> {
    return feed();
  }

  @CircuitBreaker('shop')
  @Sse('below')
  below(): Observable<MessageEvent> {
    return feed();
  }

  @Sse('untyped')
  @CircuitBreaker('shop')
  // oxlint-disable-next-line typescript/explicit-function-return-type -- without a declared type
  untyped() {
    return feed();
  }

  @Sse('async')
  @CircuitBreaker('shop')
  async async(): Promise<Observable<MessageEvent>> {
    return feed();
  }
}

describe.each(PLATFORMS)('a guarded @Sse handler on $name', (platform) => {
  let app: INestApplication;
  let stage: Stage;
  let address: string;

  async function start(): Promise<void> {
    stage = await new Stage().compile(
      { controllers: [Feeds] },
      { breakers: { shop: { maxHalfOpenCalls: 1 } } },
    );
    app = await httpApp(stage, platform);
    address = await listen(app);
  }

  /** Opens the feed and reads its first chunk. */
  async function connect(path: string): Promise<{ readonly first: string; leave(): void }> {
    const aborter = new AbortController();
    const response = await fetch(address + path, { signal: aborter.signal });
    const { value } = await response.body!.getReader().read();
    return { first: new TextDecoder().decode(value), leave: () => aborter.abort() };
  }

  const endless = (): Observable<MessageEvent> => concat(events('one'), NEVER);

  afterEach(async () => {
    feed = () => events('one', 'two');
    await app.close();
    resetLogger();
  });

  const PATHS = ['/sync', '/below', '/untyped', '/async'];

  it.each(PATHS)('%s sends every event and counts one success at the end', async (path) => {
    await start();
    const response = await fetch(address + path);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect((await response.text()).match(/data: \w+/g)).toEqual(['data: one', 'data: two']);
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it.each(PATHS)('%s is a plain 503 before any header while the breaker is open', async (path) => {
    await start();
    stage.open();
    feed = () => {
      throw new Error('the handler was run');
    };
    const response = await fetch(address + path);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED', retryAfterMs: 10_000 });
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
  });

  it.each(PATHS)('%s counts one failure for a feed that breaks in the middle', async (path) => {
    await start();
    feed = () =>
      concat(
        events('one'),
        throwError(() => new Error('feed lost')),
      );
    const text = await (await fetch(address + path)).text();
    expect(text).toContain('data: one');
    expect(text).toContain('event: error');
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1 }));
    expect(stage.breaker().state).toBe('open');
  });

  it.each(PATHS)('%s is a good probe when its client leaves after an event', async (path) => {
    await start();
    stage.halfOpen();
    feed = endless;
    const client = await connect(path);
    expect(client.first).toContain('data: one');
    expect(stage.breaker().snapshot()).toMatchObject({ state: 'half_open', probesInFlight: 1 });
    expect((await fetch(address + path)).status).toBe(503);

    client.leave();
    await until(() => stage.breaker().snapshot().probesInFlight === 0);
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, success: 1, rejected: 1 }));
    expect(stage.breaker().state).toBe('closed');

    feed = () => events('healthy');
    expect((await fetch(address + path)).status).toBe(200);
  });
});
