import { FluxgateConfigError } from './base/errors.js';
import { showError } from './base/error-text.js';
import { instantAfter } from './base/instant.js';
import { isSameList } from './base/list.js';
import { oneLine, show } from './base/text.js';
import { isOptions, mustBe } from './base/validate.js';
import { warnOnce } from './base/warn.js';
import { Tally } from './model/metric.js';
import type { WarmSnapshot } from './model/snapshot.js';
import { EDGES, type BreakerState } from './model/state.js';
import type { Policy } from './options.js';
import type { WindowStore } from './model/part.js';
import {
  closedWith,
  enteredAt,
  halfOpenWith,
  metricsOnlyWith,
  type Circuit,
  type Open,
  type Past,
} from './states.js';
import { recallTally } from './windows/index.js';

/** By how much the clocks of two machines may differ without a word. */
const CLOCK_SKEW_MS = 5000;

/** The moment of restoring, by both clocks. */
interface Moment {
  readonly nowMs: number;
  readonly wallNow: number;
}

/**
 * What a breaker of that name and policy goes on from.
 *
 * @throws FluxgateConfigError naming everything that is wrong with the snapshot.
 */
export function pastOf(where: string, name: string, given: unknown, policy: Policy, moment: Moment): Past {
  const taken = copyOf(where, given) as WarmSnapshot;
  const problems = shapeProblems(taken, name);
  if (problems.length > 0) throw new FluxgateConfigError(where, problems);
  const aheadMs = taken.takenAt - moment.wallNow;
  const isAhead = aheadMs > CLOCK_SKEW_MS;
  const snapshot = isAhead ? setBack(taken, Math.round(aheadMs)) : taken;
  const past = goOn(where, snapshot, policy, moment);
  // The clock concerns the machine: once, however many breakers are restored.
  if (isAhead) warnOnce('FLUXGATE_CLOCK_STEPPED', '', aheadText(where, aheadMs));
  return past;
}

/** The same snapshot, taken now: the wall clock was set back since, or was ahead where it was taken. */
function setBack(snapshot: WarmSnapshot, byMs: number): WarmSnapshot {
  const { takenAt, changedAt, retryAt } = snapshot;
  return {
    ...snapshot,
    takenAt: takenAt - byMs,
    changedAt: changedAt - byMs,
    retryAt: retryAt === null ? null : retryAt - byMs,
  };
}

const aheadText = (where: string, aheadMs: number): string =>
  `${where}: the snapshot was taken ${Math.round(aheadMs)} ms in the future. It counts as taken now. ` +
  'Was the clock of this machine set back, or is it wrong?';

function goOn(where: string, snapshot: WarmSnapshot, policy: Policy, moment: Moment): Past {
  const { reopens, lastError } = snapshot;
  try {
    const circuit = circuitOf(snapshot, policy, moment);
    return { circuit, reopens, lastError: lastError === null ? null : oneLine(lastError) };
  } catch (error) {
    throw new FluxgateConfigError(where, [`snapshot.memory.window: ${showError(error)}`]);
  }
}

/** Read once: a getter may give something else when it was checked. */
function copyOf(where: string, given: unknown): unknown {
  if (!isOptions(given)) return given;
  try {
    return structuredClone(given);
  } catch (error) {
    throw new FluxgateConfigError(where, [`${noSnapshot(given)} It cannot be copied: ${showError(error)}.`]);
  }
}

/** @throws FluxgateConfigError when it has none, as what is no snapshot at all. */
export function nameIn(snapshot: unknown): string {
  const { name } = Object(snapshot) as { readonly name?: unknown };
  if (typeof name === 'string') return name;
  throw new FluxgateConfigError('Breaker.restore', [noSnapshot(snapshot)]);
}

const STATES = Object.keys(EDGES) as BreakerState[];
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isMs = (value: unknown): boolean => isNumber(value) && value >= 0;
/** Of the calendar: beyond it `new Date(…).toISOString()` throws. */
const isInstant = (value: unknown): value is number => isNumber(value) && Math.abs(value) <= 8.64e15;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const orNull =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || accepts(value);
const isText = (value: unknown): boolean => typeof value === 'string';

/** What each field must be. */
const FIELDS: readonly (readonly [keyof WarmSnapshot, string, (value: unknown) => boolean])[] = [
  ['state', `one of ${STATES.join(', ')}`, (value) => STATES.includes(value as BreakerState)],
  ['retryAfterMs', 'a number of ms ≥ 0 or null', orNull(isMs)],
  ['retryAt', 'an instant in epoch ms or null', orNull(isNumber)],
  ['reopens', 'a whole number ≥ 0', isCount],
  ['failureStreak', 'a whole number ≥ 0', isCount],
  ['wouldTrip', 'true or false', (value) => typeof value === 'boolean'],
  ['operatorReason', 'a text or null', orNull(isText)],
  ['lastError', 'a text or null', orNull(isText)],
  ['waitSource', 'a text or left out', (value) => value === undefined || isText(value)],
];

function noSnapshot(given: unknown): string {
  const remedy = isText(given) ? 'Read it with JSON.parse first.' : '';
  return mustBe('snapshot', 'what snapshot({ window: true }) gave', given, remedy);
}

function shapeProblems(given: unknown, name: string): string[] {
  if (!isOptions(given)) return [noSnapshot(given)];
  const snapshot = given as Record<keyof WarmSnapshot, unknown>;
  const { version, takenAt, changedAt, memory } = snapshot;
  if (version !== 1) {
    const remedy = 'Take it with snapshot({ window: true }) of this release, or start without.';
    return [mustBe('snapshot.version', '1', version, remedy)];
  }
  const problems = FIELDS.filter(([key, , accepts]) => !accepts(snapshot[key])).map(([key, allowed]) =>
    mustBe(`snapshot.${key}`, allowed, snapshot[key]),
  );
  if (snapshot.name !== name) problems.push(mustBe('snapshot.name', show(name), snapshot.name));
  // Either may be the later one: the wall clock may have been set back in between.
  for (const [what, instant] of Object.entries({ takenAt, changedAt })) {
    if (!isInstant(instant)) problems.push(mustBe(`snapshot.${what}`, 'an instant in epoch ms', instant));
  }
  if (!isWait(snapshot)) {
    const remedy = 'An end is both, or neither.';
    problems.push(
      mustBe('snapshot.retryAt', 'after changedAt where retryAfterMs is a number', snapshot.retryAt, remedy),
    );
  }
  const { inStateMs, remainingMs, slowThresholdsMs } = Object(memory) as Partial<WarmSnapshot['memory']>;
  if (!isMs(inStateMs)) problems.push(mustBe('snapshot.memory.inStateMs', 'a number of ms ≥ 0', inStateMs));
  if (remainingMs !== undefined && !(isMs(remainingMs) && Math.ceil(remainingMs) === snapshot.retryAfterMs)) {
    const allowed = 'left out, or retryAfterMs before it was rounded up';
    problems.push(mustBe('snapshot.memory.remainingMs', allowed, remainingMs));
  }
  if (!Array.isArray(slowThresholdsMs)) {
    problems.push(mustBe('snapshot.memory.slowThresholdsMs', 'a list of numbers of ms', slowThresholdsMs));
  }
  return problems;
}

/** Do the two fields of a wait agree? */
function isWait({ state, changedAt, retryAt, retryAfterMs }: Record<keyof WarmSnapshot, unknown>): boolean {
  if (state !== 'open' && state !== 'forced_open') return true;
  if (retryAt === null || retryAfterMs === null) return retryAt === retryAfterMs;
  return Number(retryAt) >= Number(changedAt) - CLOCK_SKEW_MS;
}

/** The state, with what has passed since. */
function circuitOf(snapshot: WarmSnapshot, policy: Policy, { nowMs, wallNow }: Moment): Circuit {
  const { state, changedAt, failureStreak, operatorReason, wouldTrip, memory } = snapshot;
  const passedMs = Math.max(0, wallNow - snapshot.takenAt);
  const entered = { sinceMs: nowMs - memory.inStateMs - passedMs, changedAt };
  switch (state) {
    case 'closed':
      return enteredAt(closedWith(windowOf(snapshot, policy, nowMs, passedMs), failureStreak), entered);
    case 'metrics_only': {
      const window = windowOf(snapshot, policy, nowMs, passedMs);
      return enteredAt(metricsOnlyWith(window, failureStreak, wouldTrip), entered);
    }
    case 'half_open': {
      const endsAtMs = instantAfter(entered.sinceMs, policy.maxHalfOpenMs);
      const tally = tallyOf(snapshot, policy);
      return enteredAt(halfOpenWith(tally, endsAtMs, failureStreak), entered);
    }
    case 'disabled':
      return enteredAt({ state }, entered);
    default: {
      const { endsAtMs, ...since } = waitFrom(snapshot, nowMs, passedMs) ?? {
        ...entered,
        endsAtMs: Infinity,
      };
      if (state === 'open') {
        const waitSource = snapshot.waitSource && oneLine(snapshot.waitSource);
        return enteredAt({ state, endsAtMs, waitSource, explanation: null }, since);
      }
      const reason = operatorReason === null ? undefined : oneLine(operatorReason);
      return enteredAt({ state, endsAtMs, operatorReason: reason }, since);
    }
  }
}

/** The rest of the wait as it was, less what has passed; so that `retryAt` stays what it was too. */
function waitFrom(
  { changedAt, retryAfterMs, retryAt, memory }: WarmSnapshot,
  nowMs: number,
  passedMs: number,
): Pick<Open, 'changedAt' | 'sinceMs' | 'endsAtMs'> | undefined {
  if (retryAt === null) return undefined;
  const remainingMs = memory.remainingMs ?? retryAfterMs!;
  const endsAtMs = instantAfter(nowMs, Math.max(0, remainingMs - passedMs));
  return { changedAt, sinceMs: endsAtMs - (retryAt - changedAt), endsAtMs };
}

/** What was remembered was counted for the same thresholds, in the same window? */
const fits = ({ memory }: WarmSnapshot, { tripper }: Policy): boolean =>
  isSameList(memory.slowThresholdsMs, tripper.slowThresholdsMs);

function windowOf(snapshot: WarmSnapshot, policy: Policy, nowMs: number, agoMs: number): WindowStore {
  const { window, tripper, rules } = policy;
  const { slowThresholdsMs } = tripper;
  const { memory } = snapshot;
  const isSame = (Object(snapshot.rules) as Partial<Policy['rules']>).window === rules.window;
  const store =
    isSame && fits(snapshot, policy) && memory.window !== null
      ? window.restore?.(memory.window, slowThresholdsMs, nowMs, agoMs)
      : undefined;
  return store ?? window.create(slowThresholdsMs);
}

function tallyOf(snapshot: WarmSnapshot, policy: Policy): Tally {
  const { slowThresholdsMs } = policy.tripper;
  if (!fits(snapshot, policy)) return new Tally(slowThresholdsMs);
  return recallTally('probes', snapshot.memory.probes, slowThresholdsMs);
}
