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
  const since = now();
  await loop(n);
  return (now() - since) / n;
}

/**
 * Medians of `rounds` rounds, in each of which every subject runs for about `roundMs`. The order turns from
 * round to round: nobody always follows the same neighbour's garbage. `ratio` is the median of the ratios
 * within a round to the subject called `base`, the first one where none is named.
 */
export async function compare(subjects, { rounds = 21, roundMs = 12, base = subjects[0].name } = {}) {
  const runs = [];
  for (const one of subjects) {
    let n = 200;
    for (let i = 0; i < 3; i++) await one.loop(2000);
    // Warm, then as many calls as fill a round.
    for (let ns = await timed(one.loop, n); ns * n < roundMs * 4e5; ns = await timed(one.loop, n)) n *= 2;
    n = Math.max(50, Math.round((roundMs * 1e6) / (await timed(one.loop, n))));
    runs.push({ ...one, n, samples: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < runs.length; i++) {
      const run = runs[(i + round) % runs.length];
      run.samples.push(await timed(run.loop, run.n));
    }
  }
  const samplesOf = Object.fromEntries(runs.map(({ name, samples }) => [name, samples]));
  const rows = {};
  for (const { name, loop, against = base, samples } of runs) {
    const ratio = median(samples.map((ns, round) => ns / samplesOf[against][round]));
    rows[name] = { name, against, ns: median(samples), ratio, bytes: await bytesPerCall(loop), samples };
  }
  return rows;
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
