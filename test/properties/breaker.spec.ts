import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Breaker } from 'nestjs-fluxgate';

import { actions, setups } from './actions.js';
import { DOORS } from './doors.js';
import type { Setup } from './model.js';
import { Play } from './play.js';
import { tripperOf, windowOf } from './rules.js';

// The deep form is `npm run test:deep`; a failure prints seed and path, to be replayed with SEED and REPLAY.
const RUNS = Number(process.env['RUNS'] ?? 110);
const SEED = Number(process.env['SEED'] ?? 20_261_121);
const seedAndPath = { seed: SEED, ...(process.env['REPLAY'] ? { path: process.env['REPLAY'] } : {}) };

const isAccepted = ({ rule, window }: Setup): boolean => {
  try {
    new Breaker('probe', { tripper: tripperOf(rule), window: windowOf(window) });
    return true;
  } catch {
    return false;
  }
};

const accepted = setups.filter(isAccepted);
const reached = { sequences: 0, halfOpen: 0, rounds: 0 };

describe.each(DOORS)('through %s', (door) => {
  it(
    'the breaker does what the naive model does, after every step',
    async () => {
      await fc.assert(
        fc.asyncProperty(accepted, actions, fc.nat(), async (setup, steps, seed) => {
          const play = new Play(setup, door, seed);
          await play.play(steps);
          const { moves } = play.model;
          reached.sequences++;
          if (moves.some(({ to }) => to === 'half_open')) reached.halfOpen++;
          if (moves.some(({ from, cause }) => from === 'half_open' && cause === 'tripper')) reached.rounds++;
        }),
        { numRuns: RUNS, ...seedAndPath },
      );
    },
    RUNS * 1000,
  );
});

describe('one behaviour', () => {
  it('tells the same story twice for the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(accepted, actions, fc.nat(), async (setup, steps, seed) => {
        const told = await new Play(setup, 'execute', seed).play(steps);
        expect(await new Play(setup, 'execute', seed).play(steps)).toEqual(told);
      }),
      { numRuns: 20, ...seedAndPath },
    );
  }, 60_000);
});

afterAll(() => {
  const share = (count: number): string => `${((100 * count) / reached.sequences).toFixed(0)} %`;
  process.stdout.write(
    `properties: ${reached.sequences} sequences, seed ${SEED}; ${share(reached.halfOpen)} reached half_open, ` +
      `${share(reached.rounds)} completed a round of probes\n`,
  );
  if (process.env['REPLAY']) return;
  // A suite that never gets there proves nothing.
  expect(reached.halfOpen / reached.sequences).toBeGreaterThanOrEqual(0.3);
  expect(reached.rounds / reached.sequences).toBeGreaterThanOrEqual(0.1);
});
