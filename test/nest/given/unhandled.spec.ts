import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from '@jest/globals';

/** What each way of asking left unhandled, by what was asked. */
type Told = Record<string, Record<string, string[]>>;

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

// In a process of its own: the test runner has a hand in unhandled rejections.
describe('a rejection that nobody handles', () => {
  let told: Told;
  beforeAll(async () => {
    const args = ['--import', fileOf('./typescript.mjs'), fileOf('./unhandled.ts')];
    told = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as Told;
  }, 30_000);

  it('is the one of the client itself, neither hidden nor doubled', () => {
    for (const [ask, { bare, ...guarded }] of Object.entries(told)) {
      for (const [way, errors] of Object.entries(guarded))
        expect([ask, way, errors]).toEqual([ask, way, bare]);
    }
  });

  it.each([
    ['openai, never awaited', 1],
    ['openai, caught', 0],
    ['openai, withResponse() not caught', 1],
    ['openai, helper never read', 1],
    ['openai, helper read and caught', 0],
    ['@anthropic-ai/sdk, never awaited', 1],
    ['@anthropic-ai/sdk, asResponse() caught', 0],
    ['@anthropic-ai/sdk, helper never read', 1],
    ['@anthropic-ai/sdk, helper read and not caught', 1],
    ['knex, then without a handler of rejections', 1],
  ])('%s: %d', (ask, times) => {
    expect(told[ask]!.bare).toHaveLength(times);
  });
});
