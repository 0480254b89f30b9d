import { describe, expect, it } from '@jest/globals';

import { mayMove } from '../../lib/core/states.js';
import type { BreakerState, TransitionCause } from '../../lib/core/index.js';
import { aBreakerIn, bad, good, knock } from '../support/breaker.js';

const STATES: BreakerState[] = ['closed', 'open', 'half_open', 'metrics_only', 'disabled', 'forced_open'];
const CAUSES: TransitionCause[] = ['tripper', 'retry', 'operator', 'timeout'];

/** Every edge that does not go to another state by an operator; who may go to all but `open` and `half_open`. */
const BY_ITSELF = new Set([
  'closed → open (tripper)',
  'open → half_open (retry)',
  'half_open → open (tripper)',
  'half_open → open (timeout)',
  'half_open → closed (tripper)',
  'forced_open → half_open (timeout)',
  'forced_open → forced_open (operator)', // when its time is over
]);

const COMMANDS = {
  closed: 'reset',
  metrics_only: 'metricsOnly',
  disabled: 'disable',
  forced_open: 'forceOpen',
} as const;

const edges = STATES.flatMap((from) => STATES.flatMap((to) => CAUSES.map((cause) => ({ from, to, cause }))));

describe('the table of transitions', () => {
  it.each(edges)('$from → $to by $cause', ({ from, to, cause }) => {
    const isCommand = cause === 'operator' && from !== to && to in COMMANDS;
    expect(mayMove(from, to, cause)).toBe(isCommand || BY_ITSELF.has(`${from} → ${to} (${cause})`));
  });
});

const commands = STATES.flatMap((from) =>
  Object.entries(COMMANDS).map(([to, command]) => ({ from, to: to as BreakerState, command })),
);

describe('commands', () => {
  it.each(commands)('$command() in $from', ({ from, to, command }) => {
    const { breaker, signals } = aBreakerIn(from);
    expect(breaker.state).toBe(from);
    expect(breaker[command]()).toBe(from !== to);
    expect(breaker.state).toBe(to);
    expect(signals.moves()).toEqual(from === to ? [] : [`${from} → ${to} (operator)`]);
  });
});

describe('a call that goes well', () => {
  it.each([
    ['closed', 'closed'],
    ['half_open', 'closed'],
    ['metrics_only', 'metrics_only'],
    ['disabled', 'disabled'],
  ] as const)('in %s leads to %s', (from, to) => {
    const { breaker } = aBreakerIn(from);
    good(breaker);
    expect(breaker.state).toBe(to);
  });
});

describe('three calls that fail', () => {
  it.each([
    ['closed', 'open'],
    ['half_open', 'open'],
    ['metrics_only', 'metrics_only'],
    ['disabled', 'disabled'],
  ] as const)('in %s lead to %s', (from, to) => {
    const { breaker } = aBreakerIn(from);
    bad(breaker, 3);
    expect(breaker.state).toBe(to);
  });
});

describe('time', () => {
  it.each(STATES)('alone moves nothing in %s', (state) => {
    const { breaker, clock, signals } = aBreakerIn(state);
    clock.advance(59_999);
    expect(breaker.state).toBe(state);
    expect(signals.moves()).toEqual([]);
  });

  it.each([
    ['open', ['open → half_open (retry)']],
    ['forced_open', []],
  ] as const)('and a call in %s move %j', (state, moves) => {
    const { breaker, clock, signals } = aBreakerIn(state);
    clock.advance(1000);
    knock(breaker);
    expect(signals.moves()).toEqual(moves);
  });
});
