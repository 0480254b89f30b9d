import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-fluxgate';
import { BreakerRegistry } from 'nestjs-fluxgate';
import * as testing from 'nestjs-fluxgate/testing';

import { collectGarbage } from '../support/garbage.js';
import { makeUseRemove } from './gone.mjs';
import { playKeys } from './keys.mjs';
import { playStory } from './story.mjs';

const everything = { ...library, ...testing };

// The long form is `npm run soak`.
describe('a day of outages, flapping and recoveries', () => {
  it('is the same story for the same seed, and another one for another', () => {
    const calls = 20_000;
    const story = playStory(everything, { calls, seed: 1 });
    expect(playStory(everything, { calls, seed: 1 })).toEqual(story);
    expect(playStory(everything, { calls, seed: 2 }).trace).not.toBe(story.trace);
  });

  it('opens, probes, reopens and closes', () => {
    // With fewer, a day's steps are so long that every call is a slow one.
    const { moves } = playStory(everything, { calls: 100_000, seed: 1 });
    for (const edge of ['closed → open', 'open → half_open', 'half_open → open', 'half_open → closed']) {
      expect([edge, (moves[edge] ?? 0) > 0]).toEqual([edge, true]);
    }
  });
});

describe('a breaker per key', () => {
  it('takes no more heap for 40 000 keys than for its cap of 1000', () => {
    const heap: number[] = [];
    const { group, told, most } = playKeys(everything, {
      keys: 40_000,
      max: 1000,
      onCheckpoint: () => {
        collectGarbage();
        heap.push(process.memoryUsage().heapUsed);
      },
    });
    expect(most).toBe(1000);
    expect(told.added - told.removed).toBe(group.size + 1); // the shared one
    expect(told.added).toBeGreaterThan(36_000);
    // 36 000 breakers would be some 70 MiB.
    expect(heap.at(-1)! - heap[1]!).toBeLessThan(10 * 2 ** 20);
  });
});

describe('breakers that are gone', () => {
  it('are collectable: 10 000 made, used and removed', async () => {
    const { refs, registry } = await makeUseRemove(library, 10_000);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
    expect(registry.list()).toEqual([]);
  });

  it('are not collected while the registry has them (the test above can fail)', () => {
    const registry = new BreakerRegistry();
    const ref = new WeakRef(registry.create('kept'));
    collectGarbage();
    expect(ref.deref()).toBe(registry.get('kept'));
  });
});

describe('a process that only holds breakers', () => {
  it('ends by itself, and has no timer and no handle while they idle in any state', async () => {
    const [typescript, holder] = ['typescript.mjs', 'holder.mjs'].map((name) =>
      fileURLToPath(new URL(name, import.meta.url)),
    ) as [string, string];
    const args = ['--import', typescript, holder, '../../lib/core/index.ts'];
    // Killed after the time limit, which rejects.
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      idle: [],
      states: ['open', 'half_open', 'disabled', 'metrics_only', 'forced_open'],
    });
  }, 30_000);
});
