import { decode } from './values.mjs';

const lib = await import(new URL('../../dist/index.js', import.meta.url).href);

/** Those that the library has. */
export const ASKED = {
  network: lib.NetworkErrors?.(),
  status5xx: lib.HttpStatusIn?.(500, 599),
  overload: lib.OverloadErrors?.(),
  timeout: lib.TimeoutErrors?.(),
  transient: lib.TransientErrors?.(),
  contention: lib.ContentionErrors?.(),
};

/** Whether the dependency is ill, by whatever it says. */
const ill = ASKED.transient ?? ASKED.network.or(ASKED.status5xx);
const RESULTS = {
  response5xx: lib.ResponseStatusIn?.(500, 599),
  resultTransient: lib.ResultError?.(ill),
  resultError: lib.ResultError?.(),
};

/** The names of the trackers that say yes; `drifts` names those that say another thing of the recorded value. */
export function seesOf({ how, value }, row, knows) {
  if (how === 'never') return { sees: [] };
  const [sees, replayed] = [value, decode(row.value)].map((one) =>
    how === 'threw' ? thrownSees(one, knows) : resultSees(one),
  );
  const drifts = [...sees, ...replayed].filter((name) => sees.includes(name) !== replayed.includes(name));
  return drifts.length === 0 ? { sees } : { sees, drifts };
}

/** What they say of a recorded value. */
export function seesOfRecorded({ expect, value, knows }) {
  if (expect === 'never') return [];
  return expect === 'resolves' ? resultSees(decode(value)) : thrownSees(decode(value), knows);
}

function thrownSees(value, knows) {
  const isYes = ([, tracker]) => tracker?.isFailure(value, knows);
  return Object.entries(ASKED)
    .filter(isYes)
    .map(([name]) => name);
}

function resultSees(value) {
  const isYes = ([, tracker]) => tracker?.(value);
  return Object.entries(RESULTS)
    .filter(isYes)
    .map(([name]) => name);
}
