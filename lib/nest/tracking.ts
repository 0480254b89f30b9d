import type { Tracker } from '../core/index.js';
import { TRACK_IGNORE, TRACK_WHEN } from './tokens.js';

/** What a tracker is found for: which errors count, or which are ignored. Each along the same chain, by itself. */
export type Question = 'tracker' | 'ignore';
export const QUESTIONS: readonly Question[] = ['tracker', 'ignore'];

/** What one place says. Where it does not answer a question, one that is farther does. */
export type Tracking = { readonly [One in Question]?: Tracker };

/** How messages name an answer. */
export const ANSWER: Readonly<Record<Question, string>> = { tracker: 'a tracker', ignore: 'ignore' };

const METADATA: Readonly<Record<Question, string>> = { tracker: TRACK_WHEN, ignore: TRACK_IGNORE };

/** What `@TrackWhen` says on this very class, or on this member of this very prototype. */
export function trackWhenOn(target: object, key?: string | symbol): Tracking {
  const own = (question: Question): Tracker | undefined =>
    Reflect.getOwnMetadata(METADATA[question], target, key!) as Tracker | undefined;
  return { tracker: own('tracker'), ignore: own('ignore') };
}

/** What it says on a class, or on the nearest of its base classes that answers. */
export const trackWhenOfClass = (type: object, question: Question): Tracker | undefined =>
  Reflect.getMetadata(METADATA[question], type) as Tracker | undefined;

/** Every `@TrackWhen` answers one question at least. */
export function hasTrackWhen(target: object, key?: string | symbol): boolean {
  const { tracker, ignore } = trackWhenOn(target, key);
  return tracker !== undefined || ignore !== undefined;
}

export function putTrackWhen(tracking: Tracking, target: object, key?: string | symbol): void {
  for (const question of QUESTIONS) {
    const answer = tracking[question];
    if (answer !== undefined) Reflect.defineMetadata(METADATA[question], answer, target, key!);
  }
}

/** @throws TypeError where `@TrackWhen` and `@CircuitBreaker` of one place answer the same question. */
export function refuseBoth(where: string, one: Tracking, other: Tracking = {}): void {
  for (const question of QUESTIONS) {
    if (one[question] === undefined || other[question] === undefined) continue;
    const both =
      question === 'tracker'
        ? '@TrackWhen and a tracker in @CircuitBreaker'
        : 'ignore in @TrackWhen and in @CircuitBreaker';
    throw new TypeError(`${where} has ${both}. Which one counts? Keep one of them.`);
  }
}
