import { CallNotPermittedException } from 'nestjs-fluxgate';

import { settled } from '../support/async.js';
import type { CallOutcome } from './actions.js';

/** A thrown thing that says what the tracker and `ignore` are to make of it. */
export class Thrown {
  constructor(readonly outcome: CallOutcome) {}
}

/** How a task ends: with this very value, or by throwing this very thing. */
export interface Ending {
  readonly isError: boolean;
  readonly what: object;
  now(): unknown;
  later(): Promise<unknown>;
}

export function endingOf(outcome: CallOutcome): Ending {
  const isError = outcome !== 'success' && outcome !== 'bad value';
  const what = isError ? new Thrown(outcome) : { isBad: outcome === 'bad value' };
  const now = (): unknown => {
    if (isError) throw what;
    return what;
  };
  return { isError, what, now, later: async () => now() };
}

/** What a rejection tells its caller, or else the error itself. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof CallNotPermittedException)) return error;
  const { reason, state, retryAfterMs } = error;
  return `${reason} in ${state}, ${retryAfterMs} ms`;
}

const HANGS = Symbol('hangs');

/** The promise's end; on this clock it comes at once, or the call hangs. */
export async function ended(promise: Promise<unknown>): Promise<unknown> {
  const got = await Promise.race([
    promise,
    settled()
      .then(settled)
      .then(() => HANGS),
  ]);
  holds(got !== HANGS, 'the call has ended');
  return got;
}

/** What a promise was rejected with; `undefined` when it was not. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await ended(promise);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The same for a function. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

export function same(got: unknown, expected: unknown, rule: string): void {
  if (!Object.is(got, expected)) throw new Error(`${rule}: expected ${String(expected)}, got ${String(got)}`);
}

export function holds(isSo: boolean, rule: string): void {
  if (!isSo) throw new Error(`Broken: ${rule}`);
}
