import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';

import { Breaker, FailureStreak } from 'nestjs-fluxgate';

import { freePort, portFromEnv } from '../../sample-app/src/free-port.js';
import { tableLines } from '../../sample-app/src/terminal/table.js';

/** Without the colours it has when the specs run in a terminal. */
const plainLines = (...given: Parameters<typeof tableLines>): string[] =>
  tableLines(...given).map(stripVTControlCharacters);

describe('the table of the sample', () => {
  const broken = new Breaker('acquirer', { tripper: FailureStreak(1) });
  broken.acquire().fail(new Error('the acquirer answered 500'));
  const breakers = [broken, new Breaker('rates')].map((breaker) => breaker.snapshot());

  it('is aligned', () => {
    expect(plainLines(breakers, 120)).toEqual([
      'breaker     state        window            ok failed ignored rejected  next probe  last error',
      'acquirer    open         -                  0      1       0        0  in 60 s     Error: the acquirer answered 500',
      'rates       closed       -                  0      0       0        0  -',
    ]);
  });

  it.each([1, 20, 80, 99])('is at most %i wide', (width) => {
    expect(Math.max(...plainLines(breakers, width).map((line) => line.length))).toBeLessThanOrEqual(width);
  });
});

describe('the ports of the sample', () => {
  it('are those that were wanted, or the next free one', async () => {
    const server = createServer();
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    expect(await freePort(taken)).toBeGreaterThan(taken);
    await new Promise((resolve) => server.close(resolve));
    expect(await freePort(taken)).toBe(taken);
    expect(await freePort(0)).toBe(0);
  });

  it.each(['', 'abc', '-1', '65536', '1.5'])('read from the environment: %j', (given) => {
    process.env.SAMPLE_PORT = given;
    if (given === '') expect(portFromEnv('SAMPLE_PORT', 3000)).toBe(3000);
    else expect(() => portFromEnv('SAMPLE_PORT', 3000)).toThrow('SAMPLE_PORT must be a port');
    delete process.env.SAMPLE_PORT;
  });
});
