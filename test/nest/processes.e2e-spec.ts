import { describe, expect, it } from '@jest/globals';

import { runScript } from '../core/processes/run.js';

const CLOSES = new URL('processes/closes.ts', import.meta.url);

describe('closing an app', () => {
  it('lets the process end though calls with timeoutMs are in flight, or come later', async () => {
    const { code, lines, tookMs, errors } = await runScript(CLOSES, 'one');
    expect([errors, lines, code]).toEqual(['', ['closed'], 0]);
    expect(tookMs).toBeLessThan(5000);
  });

  it('cancels nothing: calls still time out while something else goes on', async () => {
    const { code, lines } = await runScript(CLOSES, 'cancels nothing');
    expect([lines, code]).toEqual([['closed', 'one: CallTimeoutException', 'one: CallTimeoutException'], 0]);
  });

  it('lets go of no other app in the process', async () => {
    const { code, lines } = await runScript(CLOSES, 'two');
    expect([lines, code]).toEqual([['closed', 'two: CallTimeoutException', 'two: CallTimeoutException'], 0]);
  });
});
