import { encode } from './values.mjs';
import { FAULTS } from './faults/index.mjs';
import { countOf } from './connections.mjs';

/** After this long a call counts as one that is never heard of. */
export const BOUND_MS = 20_000;
const OWN_TIMEOUT_MS = 1000;
const ABORT_AFTER_MS = 300;

/** What the breaker's call knows of the signal in that cell: nothing, where the set-up takes none. */
export function knowsOf(setup, cell) {
  if (!setup.takesSignal) return undefined;
  return { isAborted: cell === 'deadline' || cell === 'caller' };
}

/** One call of one set-up against one fault: `{ how: 'threw' | 'resolved' | 'never', value, heardMs, tries }`. */
export async function runFault(setup, cell) {
  const target = await FAULTS[cell](setup);
  const cleanups = [];
  const before = countOf(target);
  try {
    const outcome = await bounded(() => setup.call(askOf(setup, cell, target, cleanups)));
    return { ...outcome, tries: target.seen.tries || countOf(target) - before };
  } finally {
    await cleanUp([...cleanups, target.close]);
  }
}

function askOf(setup, cell, { host, port, url, secure }, cleanups) {
  const keep = (cleanup) => cleanups.push(cleanup);
  const ask = { host, port, url, secure, keep };
  if (cell === 'ownTimeout') return { ...ask, timeoutMs: OWN_TIMEOUT_MS };
  if (cell !== 'deadline' && cell !== 'caller') return ask;
  const controller = new AbortController();
  const reason =
    cell === 'deadline'
      ? new DOMException('The operation was aborted due to timeout', 'TimeoutError')
      : new Error('The user has left the page.');
  const timer = setTimeout(() => controller.abort(reason), ABORT_AFTER_MS);
  keep(() => clearTimeout(timer));
  return { ...ask, signal: controller.signal };
}

/** Runs the call for at most the bound; a throw at once counts as a rejection. */
export async function bounded(call, boundMs = BOUND_MS) {
  const startedAt = performance.now();
  let timer;
  const never = new Promise((resolve) => {
    timer = setTimeout(resolve, boundMs, { how: 'never' });
  });
  const settled = (async () => call())().then(
    (value) => ({ how: 'resolved', value }),
    (value) => ({ how: 'threw', value }),
  );
  const outcome = await Promise.race([settled, never]);
  clearTimeout(timer);
  return { ...outcome, heardMs: performance.now() - startedAt };
}

/** Last kept, first cleaned; none may throw or hang. */
export async function cleanUp(cleanups) {
  for (const cleanup of cleanups.toReversed()) await bounded(cleanup, 2000);
}

/** What goes to the parent process and into the fixture. */
export function rowOf(setup, cell, { how, value, heardMs, tries }, knows) {
  const row = { client: setup.name, cell, how, heardMs, tries };
  if (knows !== undefined) row.knows = knows;
  return how === 'never' ? row : { ...row, value: encode(value) };
}
