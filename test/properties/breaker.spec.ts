import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Breaker } from 'nestjs-fluxgate';

import { actions } from './actions.js';
import { DOORS, type DoorName } from './doors.js';
import type { Setup } from './model.js';
import { Play } from './play.js';
import { tripperOf, windowOf } from './rules.js';
import { setups } from './setups.js';

// The deep form is `npm run test:deep`. A failure prints its seed and path: SEED=… REPLAY=… plays it again.
const RUNS = Number(process.env['RUNS'] ?? 110);
const SEED = Number(process.env['SEED'] ?? 20_261_121);
const REPLAY = process.env['REPLAY'];

/** Each door plays stories of its own; a replay plays the one story through all doors. */
const seedOf = (door: DoorName): { seed: number; path?: string } =>
  REPLAY === undefined ? { seed: SEED + DOORS.indexOf(door) } : { seed: SEED, path: REPLAY };

const isAccepted = ({ rule, window }: Setup): boolean => {
  try {
    new Breaker('probe', { tripper: tripperOf(rule), window: windowOf(window) });
    return true;
  } catch {
    return false;
  }
};

const accepted = setups.filter(isAccepted);
const reached = {
  sequences: 0,
  halfOpen: 0,
  rounds: 0,
  stale: 0,
  reactions: 0,
  timeouts: 0,
  givenUp: 0,
};

function count({ model, reached: own }: Play): void {
  const { moves } = model;
  reached.sequences++;
  if (moves.some(({ to }) => to === 'half_open')) reached.halfOpen++;
  if (moves.some(({ from, cause }) => from === 'half_open' && cause === 'tripper')) reached.rounds++;
  for (const key of ['stale', 'reactions', 'timeouts', 'givenUp'] as const) reached[key] += own[key];
}

describe.each(DOORS)('through %s', (door) => {
  it(
    'the breaker does what the naive model does, after every step',
    async () => {
      await fc.assert(
        fc.asyncProperty(accepted, actions, fc.nat(), async (setup, steps, seed) => {
          const play = new Play(setup, door, seed);
          await play.play(steps);
          count(play);
        }),
        { numRuns: RUNS, ...seedOf(door) },
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
      { numRuns: 20, ...seedOf('execute') },
    );
  }, 60_000);
});

afterAll(() => {
  const { sequences, halfOpen, rounds, stale, reactions, timeouts, givenUp } = reached;
  const share = (of: number): string => `${((100 * of) / sequences).toFixed(0)} %`;
  process.stdout.write(
    `properties: ${sequences} sequences, seed ${SEED}; ${share(halfOpen)} reached half_open, ` +
      `${share(rounds)} completed a round of probes; ${stale} late outcomes, ${timeouts} timeouts, ` +
      `${givenUp} calls given up, ${reactions} calls by listeners\n`,
  );
  if (REPLAY !== undefined) return;
  // A suite that never gets there proves nothing.
  expect(halfOpen / sequences).toBeGreaterThanOrEqual(0.3);
  expect(rounds / sequences).toBeGreaterThanOrEqual(0.1);
  for (const events of [stale, reactions, timeouts, givenUp]) expect(events).toBeGreaterThan(0);
});
