// One day of a dependency with outages, flapping and recoveries, on the manual clock.
// Plain JavaScript, so that the same story runs under Jest (on the source) and under plain Node (on the build).

/** What the dependency does, and for how long (ms) at most. */
const PHASES = [
  { name: 'healthy', failureRate: 0.001, slowRate: 0, maxMs: 90 * 60_000 },
  { name: 'outage', failureRate: 1, slowRate: 0, maxMs: 20 * 60_000 },
  { name: 'flapping', failureRate: 0.5, slowRate: 0.1, maxMs: 15 * 60_000 },
  { name: 'slow', failureRate: 0.02, slowRate: 0.7, maxMs: 10 * 60_000 },
  { name: 'healing', failureRate: 0.2, slowRate: 0.1, maxMs: 10 * 60_000 },
];
const DAY_MS = 24 * 60 * 60_000;
const FAILURE = new Error('upstream failed');

/**
 * Plays the story.
 *
 * @param {object} library what `nestjs-fluxgate` and `nestjs-fluxgate/testing` export
 * @param {{ calls: number, seed: number, onCheckpoint?: (calls: number) => void }} options
 * @returns {{ trace: string, calls: number, tookMs: number, rejected: number, moves: Record<string, number> }}
 */
export function playStory(library, { calls, seed, onCheckpoint }) {
  const { breaker, clock, random, trace } = setUp(library, seed);
  const stepMs = DAY_MS / calls;
  const startMs = clock.now();
  const open = [];
  let phase = PHASES[0];
  let phaseEndsAtMs = 0;
  let rejected = 0;
  for (let i = 0; i < calls; i++) {
    clock.advance(stepMs);
    if (clock.now() >= phaseEndsAtMs) {
      phase = PHASES[Math.floor(random() * PHASES.length)];
      phaseEndsAtMs = clock.now() + random() * phase.maxMs;
    }
    try {
      const ticket = breaker.acquire();
      open.push({ ticket, dueMs: clock.now() + durationOf(phase, random) });
    } catch {
      rejected++;
    }
    settleDue(open, clock.now(), phase, random);
    if (i % 100_000 === 0) trace.add(JSON.stringify(breaker.snapshot().calls));
    if (i % 500_000 === 0) onCheckpoint?.(i);
  }
  return { trace: trace.digest(), calls, tookMs: clock.now() - startMs, rejected, moves: trace.moves };
}

function setUp(library, seed) {
  const { Backoff, Breaker, FailureRate, FailureStreak, ManualClock, MinRequests, SlowRate, TimeWindow } =
    library;
  const clock = new ManualClock();
  const random = library.seededRandom(seed);
  const trace = tracer();
  const breaker = new Breaker(
    'soak',
    {
      window: TimeWindow(60_000),
      tripper: FailureStreak(50).or(MinRequests(20).and(FailureRate(0.5).or(SlowRate(0.5, 1000)))),
      retry: Backoff({ initialMs: 5000, maxMs: 300_000, jitter: 0.2 }),
      maxHalfOpenMs: 120_000,
      listeners: [{ onTransition: (signal) => trace.move(signal) }],
    },
    { clock, random: library.seededRandom(seed + 1) },
  );
  return { breaker, clock, random, trace };
}

const durationOf = ({ slowRate }, random) => (random() < slowRate ? 1000 + random() * 4000 : random() * 50);

/** Settles what is over, out of order; now and then a call is given up, or never settled at all. */
function settleDue(open, nowMs, { failureRate }, random) {
  for (let i = open.length - 1; i >= 0; i--) {
    if (open[i].dueMs > nowMs) continue;
    const { ticket } = open[i];
    open[i] = open[open.length - 1];
    open.pop();
    const chance = random();
    if (chance < 0.001) ticket.release();
    else if (chance < 0.0011) continue;
    else if (random() < failureRate) ticket.fail(FAILURE);
    else ticket.succeed();
  }
}

/** A running FNV-1a hash of everything that happened: equal hashes, equal stories. */
function tracer() {
  let hash = 0x811c9dc5;
  const moves = {};
  const add = (text) => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  };
  return {
    moves,
    add,
    move({ from, to, cause, at, seq }) {
      const edge = `${from} → ${to}`;
      moves[edge] = (moves[edge] ?? 0) + 1;
      add(`${seq} ${edge} ${cause} ${at}`);
    },
    digest: () => hash.toString(16).padStart(8, '0'),
  };
}
