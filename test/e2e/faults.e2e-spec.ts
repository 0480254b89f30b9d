import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { HttpStatusIn, NetworkErrors, seconds } from 'nestjs-fluxgate';

import { resetLogger, until } from '../nest/handlers/apps.js';
import { CLIENTS, CLIENTS_ON_PLATFORMS } from './clients.js';
import { FAULTS, rowsOf, type Fault } from './faults.js';
import { ShopStage } from './shop-stage.js';

const TIMEOUT_MS = 300;

// A machine that is busy elsewhere takes its time.
jest.setTimeout(30_000);

/** An error in one line: its class and its code, or the code of what caused it. */
function lineOf(error: unknown): string {
  const { constructor, code, cause, name } = error as Error & { code?: unknown };
  if (error instanceof HttpException) return `${constructor.name} ${error.getStatus()}`;
  if (typeof code === 'string') return `${constructor.name} ${code}`;
  const deeper = (cause as { code?: string } | undefined)?.code;
  return deeper === undefined ? `${constructor.name} ${name}` : `${constructor.name} ← ${deeper}`;
}

/** Which tracker of the guarded methods takes it for a failure? */
function trackerOf(error: unknown): Fault['countedBy'] {
  if (NetworkErrors().isFailure(error)) return 'NetworkErrors';
  return HttpStatusIn(500, 599).isFailure(error) ? 'HttpStatusIn' : 'nothing';
}

/** On one machine, what was sent before is read in the next turns. */
async function arrived(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

describe.each(CLIENTS_ON_PLATFORMS)('an upstream asked by $client, on $name,', ({ client, platform }) => {
  const stage = new ShopStage();
  const { upstream, clock, signals } = stage;

  beforeAll(() => stage.launch(platform, { timeoutMs: TIMEOUT_MS }));
  beforeEach(() => stage.forget());
  afterAll(async () => {
    await stage.close();
    resetLogger();
  });

  /** One request, while the upstream is like this; what the breaker was told of it, and the app's own client. */
  async function suffer({ mood, patience = 'none', countedBy }: Fault): Promise<string> {
    stage.requests.patience = patience;
    await upstream.become(mood);
    const asked = stage.ask(client);
    if (countedBy === 'timeoutMs') {
      await until(() => upstream.inFlight === 1);
      clock.advance(TIMEOUT_MS);
    }
    const { status } = await asked;
    const [call] = signals.of('call');
    expect(call).toMatchObject({
      outcome: countedBy === 'nothing' ? 'ignored' : 'failure',
      isCancelled: false,
    });
    if (countedBy !== 'timeoutMs') expect(trackerOf(call!.error)).toBe(countedBy);
    // Whoever was cut off has let go of its connection; what it had sent by then has arrived.
    await arrived();
    await until(() => upstream.inFlight === 0);
    return `${lineOf(call!.error)} → ${status}`;
  }

  const failures = FAULTS.filter(({ seen, countedBy }) => client in seen && countedBy !== 'nothing');
  const ignored = FAULTS.filter(({ countedBy }) => countedBy === 'nothing');

  it.each(failures)('that $fault opens the circuit, is spared, and closes it once well', async (fault) => {
    expect(fault.seen[client]).toContain(await suffer(fault));
    expect(stage.payments.state).toBe('open');
    // An own timeout of the client may end a request before it arrives.
    const { hits } = upstream;
    expect(hits).toBeLessThanOrEqual(1);

    // It is well again, but nobody may know yet.
    await upstream.become(200);
    clock.advance(seconds(10) - 1);
    for (const { status, retryAfter, body } of await stage.askAll(5, client).all) {
      expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '1' });
      expect(JSON.parse(body)).toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED', retryAfterMs: 1 });
    }
    expect(upstream.hits).toBe(hits);

    clock.advance(1);
    stage.requests.patience = 'none';
    expect(await stage.ask(client)).toMatchObject({ status: 200, body: `answer ${hits + 1}` });
    expect(signals.moves()).toEqual([
      'closed → open (tripper)',
      'open → half_open (retry)',
      'half_open → closed (tripper)',
    ]);
    expect(stage.payments.snapshot().calls.inFlight).toBe(0);
  });

  it.each(ignored)('that $fault does not: it is no failure that passes by waiting', async (fault) => {
    expect(fault.seen[client]).toContain(await suffer(fault));
    await stage.askAll(3, client).all;
    expect(upstream.hits).toBe(4);
    expect(signals.of('call').map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 4 }, () => 'ignored'),
    );
    expect(stage.payments.state).toBe('closed');
  });
});

it('docs/testing/faults.md has this table', () => {
  const page = readFileSync(new URL('../../docs/testing/faults.md', import.meta.url), 'utf8');
  const cellsOf = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = page.split('\n').map(cellsOf);
  expect(rows.filter((row) => row.length === 5).slice(2)).toEqual(rowsOf(CLIENTS));
});
