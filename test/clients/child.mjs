// One process per set-up, so that no client can disturb another: runs its cells and sends each row to the parent.
import { cellsOf } from './faults/index.mjs';
import { knowsOf, rowOf, runFault } from './cell.mjs';
import { runReal } from './real.mjs';
import { seesOf } from './trackers.mjs';

/** Calls that mostly wait can share a process; more would make the times longer. */
const AT_ONCE = 6;

const [file, name, only] = process.argv.slice(2);
const send = (message) => new Promise((resolve) => process.send(message, resolve));

// What a client throws outside of the call is no answer to the call.
let strays = 0;
process.on('uncaughtException', () => (strays += 1));
process.on('unhandledRejection', () => (strays += 1));

const { setups } = await import(file);
if (name === '--list') {
  await send({
    setups: setups.map(({ call: _call, session: _session, answers: _answers, ...said }) => ({
      ...said,
      hasReal: Boolean(said.real),
    })),
  });
} else {
  await runAll(setups.find((one) => one.name === name));
  await send({ strays });
}
process.exit(0);

async function runAll(setup) {
  const queue =
    setup.call === undefined ? [] : cellsOf(setup).filter((cell) => only === undefined || only === cell);
  const worker = async () => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) await run(setup, cell);
  };
  const real = setup.real === undefined ? Promise.resolve() : runReal(setup, only, sendRow);
  await Promise.all([real, ...Array.from({ length: AT_ONCE }, worker)]);
}

async function run(setup, cell) {
  const knows = knowsOf(setup, cell);
  const outcome = await runFault(setup, cell);
  const why = setup.silent?.[cell];
  await sendRow(setup, cell, outcome, knows, why === undefined ? {} : { tells: false, why });
}

/** The row, and whether its recorded form gets the same answers as the value itself. */
async function sendRow(setup, cell, outcome, knows, said) {
  const row = rowOf(setup, cell, outcome, knows);
  await send({ row: { ...row, ...said, ...seesOf(outcome, row, knows) } });
}
