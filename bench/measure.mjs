// Times loops against one another: in one process, in turn, round after round, so that whatever the machine does
// in the meantime hits all of them alike.

/** What is measured: a loop of its own (no other subject's types are in its code) around one call. */
export function subject(name, { setup = '', call, scope = {}, isSync = false, ...rest }) {
  const body = `${setup}; for (let i = 0; i < n; i++) { ${call}; }`;
  // oxlint-disable-next-line typescript/no-implied-eval -- each subject has code of its own: no types of others in it
  const loop = new Function(
    ...Object.keys(scope),
    `return ${isSync ? '' : 'async '}function (n) { ${body} };`,
  );
  return { name, loop: loop(...Object.values(scope)), ...rest };
}

/** The same, for a call that is to fail: the caller catches, as callers do. */
export const caught = (name, { call, ...rest }) =>
  subject(name, { ...rest, call: `try { ${call}; } catch (error) { last = error; }`, setup: 'let last' });

/**
 * Time is the processor time of this process, helpers of V8 included, in ns: what others do on the machine meanwhile
 * does not count.
 */
const now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
};

export const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

async function timed(loop, n) {
  // What the one before left is not this one's to clear away.
  globalThis.gc({ type: 'minor' });
  const since = now();
  await loop(n);
  return (now() - since) / n;
}

/**
 * Samples of `rounds` rounds. Within a round the subjects take turns, `slices` times for about `sliceMs` each: what
 * the machine does in the meantime, neighbours on its processor included, lasts longer than a turn and hits all alike,
 * and a round as a whole is long enough for its share of garbage. Its figures are set against those of the subject
 * called `base`, the first one where none is named.
 *
 * One that `isApart` leaves so much behind that V8 collects the old generation while others have their turn, which
 * makes a bare call 1.5 times as long: it has rounds of its own with the base, afterwards, and its times are set
 * against the base's of before.
 */
export async function compare(subjects, { base = subjects[0].name, ...options } = {}) {
  const runs = await inTurn(
    subjects.filter(({ isApart }) => !isApart),
    options,
  );
  const samplesOf = Object.fromEntries(runs.map(({ name, samples }) => [name, samples]));
  const baseNs = median(samplesOf[base]);
  for (const subject of subjects.filter(({ isApart }) => isApart)) {
    const [beside, one] = await inTurn([subjects.find(({ name }) => name === base), subject], options);
    const samples = one.samples.map((ns, round) => (ns / beside.samples[round]) * baseNs);
    runs.push({ ...one, samples, ratio: median(samples) / baseNs });
  }
  const rows = {};
  for (const { name, loop, against = base, samples, ratio } of runs) {
    rows[name] = { name, against, unit: 'ns', samples, ratio, bytes: await bytesPerCall(loop) };
  }
  return rows;
}

/**
 * By chance, not by turns: each finds the caches as the one before left them, and should not always come after the
 * same one.
 */
function shuffled(runs) {
  const drawn = runs.map((run) => ({ run, lot: Math.random() }));
  return drawn.toSorted((a, b) => a.lot - b.lot).map(({ run }) => run);
}

async function inTurn(subjects, { rounds = 9, slices = 4, sliceMs = 6 }) {
  const runs = [];
  for (const one of subjects) {
    let n = 200;
    for (let i = 0; i < 3; i++) await one.loop(2000);
    // Warm, then as many calls as fill a slice.
    for (let ns = await timed(one.loop, n); ns * n < 5e6; ns = await timed(one.loop, n)) n *= 2;
    n = Math.max(50, Math.round((sliceMs * 1e6) / (await timed(one.loop, n))));
    runs.push({ ...one, n, samples: [] });
  }
  globalThis.gc();
  for (let round = 0; round < rounds; round++) {
    for (const { samples } of runs) samples.push(0);
    for (let slice = 0; slice < slices; slice++) {
      for (const { loop, n, samples } of shuffled(runs)) {
        // Not counted: the caches are as the one before left them. Were it, 1024 keys in turn had 1.41, not 1.31.
        await loop(n >> 2);
        samples[round] += (await timed(loop, n)) / slices;
      }
    }
  }
  return runs;
}

/** In rounds of their own, so short that no collection comes between: what one call leaves on the heap. */
export async function bytesPerCall(loop) {
  const roughly = await grownPerCall(loop, 100);
  const n = Math.round(Math.min(50_000, Math.max(100, 5e5 / Math.max(1, roughly))));
  return Math.max(0, await grownPerCall(loop, n));
}

async function grownPerCall(loop, n) {
  const grown = [];
  for (let i = 0; i < 9; i++) {
    globalThis.gc({ type: 'minor' });
    const before = process.memoryUsage().heapUsed;
    await loop(n);
    grown.push((process.memoryUsage().heapUsed - before) / n);
  }
  return median(grown);
}

/** How many times faster `a` was than `b`, round by round. */
export const timesFaster = (a, b) => median(a.samples.map((ns, round) => b.samples[round] / ns));

/** How much longer `a` took than `b`, in ns, round by round. */
export const nsOver = (a, b) => median(a.samples.map((ns, round) => ns - b.samples[round]));
