import { bounded, cleanUp } from './cell.mjs';

/** A slow call must be under way, not only written, when its server dies. */
const UNDER_WAY_MS = 700;
/** With the Debian package to be installed first. */
const MOST_START_MS = 120_000;

/** The answers of a well server, then the same server killed, back, and frozen. */
export async function runReal(setup, only, sendRow) {
  if (only !== undefined && !cellsOf(setup).includes(only)) return;
  const { start } = await import(new URL(`servers/${setup.real}.mjs`, import.meta.url).href);
  const started = await bounded(start, MOST_START_MS);
  if (started.how !== 'resolved') throw started.value ?? new Error(`${setup.real} has not started`);
  const server = started.value;
  const wanted = (cell) => only === undefined || only === cell;
  try {
    for (const answer of setup.answers ?? []) {
      if (wanted(answer.name)) await runAnswer(setup, server, answer, sendRow);
    }
    if (setup.session === undefined) return;
    if (['killedInFlight', 'dead', 'back'].some(wanted)) await runKilled(setup, server, sendRow);
    if (wanted('frozen')) await runFrozen(setup, server, sendRow);
  } finally {
    await bounded(() => server.stop(), 15_000);
  }
}

const cellsOf = ({ answers = [], session }) => [
  ...answers.map(({ name }) => name),
  ...(session === undefined ? [] : ['killedInFlight', 'dead', 'back', 'frozen']),
];

async function runAnswer(setup, server, answer, sendRow) {
  const cleanups = [];
  try {
    const outcome = await bounded(() => answer.call({ ...server, keep: (one) => cleanups.push(one) }));
    const said = { says: answer.says, ...(answer.tells === false && { tells: false, why: answer.why }) };
    await sendRow(setup, answer.name, outcome, answer.knows, said);
  } finally {
    await cleanUp(cleanups);
  }
}

/** Opens a session as people keep it, with a call that has worked. */
async function open(setup, server, cleanups) {
  const keep = (one) => cleanups.push(one);
  const opened = await bounded(async () => {
    const session = await setup.session(server, { keep });
    await session.quick();
    return session;
  });
  if (opened.how === 'resolved') return opened.value;
  throw new Error(`no session: ${opened.how} ${opened.value}`);
}

async function runKilled(setup, server, sendRow) {
  const cleanups = [];
  try {
    const session = await open(setup, server, cleanups);
    const slow = bounded(() => session.slow());
    await wait(UNDER_WAY_MS);
    await server.kill();
    await sendRow(setup, 'killedInFlight', await slow);
    await sendRow(setup, 'dead', await bounded(() => session.quick()));
    await server.restart();
    await sendRow(setup, 'back', await bounded(() => session.quick()));
  } finally {
    await cleanUp(cleanups);
  }
}

async function runFrozen(setup, server, sendRow) {
  const cleanups = [];
  try {
    const session = await open(setup, server, cleanups);
    const slow = bounded(() => session.slow());
    await wait(UNDER_WAY_MS);
    await server.freeze();
    await sendRow(setup, 'frozen', await slow);
  } finally {
    await server.thaw();
    await cleanUp(cleanups);
  }
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
