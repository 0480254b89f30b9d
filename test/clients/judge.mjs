// What each cell should be taken for, whether anything in the value tells, and whether the library sees it.
import { evidenceOf } from './evidence.mjs';

const OF_CELL = {
  refused: 'transport',
  reset: 'transport',
  closed: 'transport',
  mute: 'timeout',
  ownTimeout: 'timeout',
  unresolvable: 'transport',
  cutBody: 'transport',
  cutChunks: 'transport',
  plainTls: 'contrast',
  selfSigned: 'contrast',
  s503: 'status5xx',
  s500: 'status5xx',
  s429: 'overload',
  s404: 'contrast',
  deadline: 'timeout',
  caller: 'contrast',
  killedInFlight: 'transport',
  dead: 'transport',
  back: 'transport',
  frozen: 'timeout',
};

/** A client may hide it behind a lost connection or a time-out, which nobody could tell from an ill server. */
const OF_TLS = ['plainTls', 'selfSigned'];

/** Which of the trackers must say yes to it: one of these. */
const SEEN_BY = {
  transport: ['network'],
  timeout: ['timeout', 'transient', 'network'],
  status5xx: ['status5xx'],
  overload: ['overload'],
  contention: ['contention'],
  ill: ['transient'],
};
/** What a server says of itself in a word that only its own clients know. */
const SAID = ['contention', 'ill'];
const isSaid = ({ says }, expect) => SAID.includes(expect) || (says === 'overload' && expect === 'overload');
/** Which of them must say no. */
const FALSE_ALARMS = {
  contrast: ['network', 'status5xx', 'overload', 'timeout', 'transient', 'contention'],
  contention: ['network', 'status5xx', 'overload', 'timeout', 'transient'],
};

/** What has happened in the cell, whatever the client has made of it. */
export const kindOf = ({ says, cell }) => says ?? OF_CELL[cell];

/** Adds `expect`, `tells` and `why` to a row. */
export function judge(row) {
  if (row.how === 'never') return { ...row, expect: 'never' };
  if (row.how === 'resolved') return { ...row, expect: 'resolves', was: kindOf(row) };
  const expected = kindOf(row);
  if (OF_TLS.includes(row.cell)) return { ...row, expect: expected, ...tellsOfTls(row) };
  if (row.tells === false || expected === 'contrast') return { tells: true, ...row, expect: expected };
  const { kinds, why } = evidenceOf(row.value, row.knows);
  const expect = otherName(expected, kinds, row.knows);
  return kinds.has(expect) || isSaid(row, expect)
    ? { ...row, expect, tells: true }
    : { ...row, expect, tells: false, why };
}

function tellsOfTls({ value, knows }) {
  const { kinds, why } = evidenceOf(value, knows);
  return kinds.has('tls') ? { tells: true } : { tells: false, why };
}

/**
 * A server that cannot be reached may be told as the client's own time-out, and a mute one as a lost connection; but a
 * connection that an abort has cut tells nothing of why. An RPC client may tell a 503 as a service that is not there.
 */
function otherName(expected, kinds, knows) {
  if (knows?.isAborted) return expected;
  if (expected === 'transport' && !kinds.has('transport') && kinds.has('timeout')) return 'timeout';
  if (expected === 'timeout' && !kinds.has('timeout') && kinds.has('transport')) return 'transport';
  if (expected === 'status5xx' && !kinds.has('status5xx') && kinds.has('transport')) return 'transport';
  return expected;
}

/**
 * 'seen', 'missed', 'false alarm', 'well' (rightly no failure), 'silent' (nothing tells), 'never' or 'resolves';
 * 'hidden' is TLS trouble of which nothing tells, and which is counted like the failure that it looks like.
 */
export function verdictOf({ expect, tells, was }, sees) {
  if (expect === 'never') return 'never';
  if (expect === 'resolves') return sees.length > 0 && was !== 'contrast' ? 'seen in the result' : 'resolves';
  if (FALSE_ALARMS[expect]?.some((name) => sees.includes(name))) return tells ? 'false alarm' : 'hidden';
  if (expect === 'contrast') return 'well';
  if (SEEN_BY[expect].some((name) => sees.includes(name))) return 'seen';
  return tells ? 'missed' : 'silent';
}
