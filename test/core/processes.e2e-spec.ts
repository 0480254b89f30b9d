import { describe, expect, it } from '@jest/globals';

import { runScript } from './processes/run.js';

const SINON = new URL('processes/sinon.ts', import.meta.url);
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

describe("sinon's fake timers in a plain Node", () => {
  it('are followed by what is made while they are on, and move nothing else', async () => {
    const { lines, errors } = await runScript(SINON);
    expect(errors).toBe('');
    expect(JSON.parse(lines[0]!)).toEqual({
      'made before: no jump when they come on': true,
      'made while they are on: a call times out': 'CallTimeoutException',
      'setSystemTime ends no cooldown': 'open',
      'the time of day is theirs': 60_000,
      'advancing ends a cooldown': 'half_open',
      'made before: the real time': true,
      'a manual clock is moved beside them': 1010,
      'no jump when they go off': [true, true],
      'and real time from then on': true,
      'without performance, advancing ends a cooldown': 'half_open',
    });
  });
});
