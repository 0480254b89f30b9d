import { describe, expect, it } from '@jest/globals';

import { runScript } from './processes/run.js';

const AWAITS = new URL('processes/awaits.ts', import.meta.url);
/** Node's "unsettled top-level await": nothing is left that could settle it. */
const UNSETTLED = 13;

describe('a script that only awaits', () => {
  it.each([
    ['a call with timeoutMs that hangs', 'call', 'CallTimeoutException'],
    ['a stream with timeoutMs that is silent', 'stream', 'CallTimeoutException'],
    ['an iteration with timeoutMs that is silent', 'iteration', 'CallTimeoutException'],
    ['whenAvailable() of an open circuit', 'wait', 'up'],
    ['whenAvailable() of a half-open one that is full', 'wait for a lease', 'open'],
  ])('%s goes on until it ends', async (_, story, last) => {
    const { code, lines } = await runScript(AWAITS, story);
    expect([lines, code]).toEqual([['begins', last], 0]);
  });

  it.each([
    ['a circuit that no time opens', 'wait for ever'],
    ['a call that no time ends', 'no timeout'],
  ])('%s ends at once, as ever', async (_, story) => {
    const { code, lines } = await runScript(AWAITS, story);
    expect([lines, code]).toEqual([['begins'], UNSETTLED]);
  });

  it('nothing ends at once: an idle breaker holds nothing', async () => {
    const { code, lines, tookMs } = await runScript(AWAITS, 'idle');
    expect([lines, code]).toEqual([['begins', 'closed open'], 0]);
    expect(tookMs).toBeLessThan(250);
  });
});
