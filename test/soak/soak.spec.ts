import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';
import * as library from 'nestjs-fluxgate';
import { BreakerRegistry } from 'nestjs-fluxgate';
import * as testing from 'nestjs-fluxgate/testing';

import { playStory } from './story.mjs';

const everything = { ...library, ...testing };

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

// The long form is `npm run soak`.
describe('a day of outages, flapping and recoveries', () => {
  it('is the same story for the same seed, and another one for another', () => {
    const calls = 20_000;
    const story = playStory(everything, { calls, seed: 1 });
    expect(playStory(everything, { calls, seed: 1 })).toEqual(story);
    expect(playStory(everything, { calls, seed: 2 }).trace).not.toBe(story.trace);
  });

  it('opens, probes, reopens and closes', () => {
    const { moves } = playStory(everything, { calls: 200_000, seed: 1 });
    for (const edge of ['closed → open', 'open → half_open', 'half_open → open', 'half_open → closed']) {
      expect([edge, (moves[edge] ?? 0) > 0]).toEqual([edge, true]);
    }
  });
});

describe('breakers that are gone', () => {
  it('are collectable: 10 000 made, used and removed', async () => {
    const registry = new BreakerRegistry();
    const refs = makeUseRemove(registry, 10_000);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    collectGarbage();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });

  it('are not collected while the registry has them (the test above can fail)', () => {
    const registry = new BreakerRegistry();
    const ref = new WeakRef(registry.create('kept'));
    collectGarbage();
    expect(ref.deref()).toBe(registry.get('kept'));
  });
});

describe('idle breakers', () => {
  it('hold no timer and no handle, after calls, rejections and an open circuit', async () => {
    const before = process.getActiveResourcesInfo().length;
    const registry = new BreakerRegistry();
    for (let i = 0; i < 100; i++) {
      const breaker = registry.create(`b${i}`, { tripper: library.FailureStreak(1), timeoutMs: 5000 });
      await breaker.execute(() => 'fine');
      await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
      await breaker.execute(() => 'rejected').catch(() => undefined);
    }
    expect(registry.list().every(({ state }) => state === 'open')).toBe(true);
    expect(process.getActiveResourcesInfo().length).toBe(before);
  });
});

function makeUseRemove(registry: BreakerRegistry, count: number): WeakRef<object>[] {
  return Array.from({ length: count }, (_, i) => {
    const breaker = registry.create(`tenant-${i}`);
    breaker.executeSync(() => i);
    registry.remove(breaker.name);
    return new WeakRef(breaker);
  });
}
