// Runs specs written for Jest in this process, again and again: what Jest does for one run in a fresh world
// takes seconds per mutant, and there are thousands. `@jest/globals` is made of Jest's own parts here.
import { ModernFakeTimers } from '@jest/fake-timers';
import { expect } from 'expect';
import { bind } from 'jest-each';
import { ModuleMocker } from 'jest-mock';

/** A spec that hangs has failed. Jest's limit is 5 s; the slowest spec takes a tenth of this. */
const LIMIT_MS = 4000;
const { clearTimeout, performance, setTimeout } = globalThis;

/** @typedef {{ title: string, parent?: Suite, hooks: Record<string, Function[]>, members: (Suite | Spec)[] }} Suite */
/** @typedef {{ id: string, parent: Suite, body: Function, limitMs: number }} Spec */

/** @returns {Suite} */
const suite = (title, parent) => ({
  title,
  parent,
  hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
  members: [],
});

/** The suite whose body runs now; and the names that its file has given already. */
let current = suite('');
let names = new Set();

const fullName = (within, title) =>
  (within.parent ? fullName(within.parent, within.title) : within.title) +
  (within.parent ? ' › ' : ': ') +
  title;

function uniqueName(name, count = 1) {
  const candidate = count === 1 ? name : `${name} (${count})`;
  return names.has(candidate) ? uniqueName(name, count + 1) : candidate;
}

function describe(title, body) {
  const made = suite(title, current);
  current.members.push(made);
  current = made;
  try {
    body();
  } finally {
    current = made.parent;
  }
}

function it(title, body, limitMs = LIMIT_MS) {
  const id = uniqueName(fullName(current, title));
  names.add(id);
  current.members.push({ id, parent: current, body, limitMs });
}

const hook = (name) => (body) => {
  current.hooks[name].push(body);
};

const mocker = new ModuleMocker(globalThis);

const withEach = (fn, ...more) => Object.assign(fn, { each: bind(fn, ...more) });

const fakes = new ModernFakeTimers({ config: { fakeTimers: {} }, global: globalThis });
const CONTROLS = [
  'useRealTimers',
  'advanceTimersByTime',
  'advanceTimersByTimeAsync',
  'clearAllTimers',
  'getTimerCount',
  'setSystemTime',
];

/** What a spec imports from `@jest/globals`. */
export const globals = {
  expect,
  describe: withEach(describe, false),
  it: withEach(it),
  beforeAll: hook('beforeAll'),
  beforeEach: hook('beforeEach'),
  afterEach: hook('afterEach'),
  afterAll: hook('afterAll'),
  jest: {
    fn: mocker.fn.bind(mocker),
    spyOn: mocker.spyOn.bind(mocker),
    restoreAllMocks: () => mocker.restoreAllMocks(),
    useFakeTimers: (config) => fakes.useFakeTimers(config),
    ...Object.fromEntries(CONTROLS.map((name) => [name, fakes[name].bind(fakes)])),
  },
};

/** The suite of a file: what its loading describes. */
export function collect(file, load) {
  const made = suite(file);
  current = made;
  names = new Set();
  load();
  return made;
}

/** Why a spec failed that did not end. */
export class Hanging extends Error {}

/** Calls, waits, and gives up after a while; so does an error that nobody caught. */
async function limited(body, limitMs) {
  let timer;
  let fail;
  const over = new Promise((_, reject) => {
    fail = reject;
    timer = setTimeout(() => reject(new Hanging(`not over after ${limitMs} ms`)), limitMs);
  });
  process.on('uncaughtException', fail);
  try {
    await Promise.race([body(), over]);
  } finally {
    clearTimeout(timer);
    process.off('uncaughtException', fail);
  }
}

const lineage = ({ parent }) => (parent ? [...lineage(parent), parent] : []);

/** Runs one spec between its hooks; what it or they threw, or undefined. */
async function failureOf(spec) {
  const around = lineage(spec);
  const failures = [];
  const attempt = (body) => limited(body, spec.limitMs).catch((error) => failures.push(error));
  for (const body of around.flatMap(({ hooks }) => hooks.beforeEach)) {
    if (failures.length === 0) await attempt(body);
  }
  if (failures.length === 0) await attempt(spec.body);
  for (const body of around.toReversed().flatMap(({ hooks }) => hooks.afterEach)) await attempt(body);
  return failures[0];
}

/**
 * Runs the specs below a suite; `isWanted` chooses by name, `onResult` hears of every end and says whether to go on.
 * @returns {Promise<boolean>} whether to go on
 */
export async function run(within, { isWanted, onStart, onResult }) {
  const wanted = (member) => (member.members ? member.members.some(wanted) : isWanted(member.id));
  const members = within.members.filter(wanted);
  if (members.length === 0) return true;
  for (const body of within.hooks.beforeAll) await limited(body, LIMIT_MS);
  let goOn = true;
  for (const member of members) {
    if (!goOn) break;
    if (member.members) {
      goOn = await run(member, { isWanted, onStart, onResult });
      continue;
    }
    onStart(member.id);
    const since = performance.now();
    const failure = await failureOf(member);
    goOn = onResult({ id: member.id, failure, timeSpentMs: performance.now() - since });
  }
  for (const body of within.hooks.afterAll) await limited(body, LIMIT_MS);
  return goOn;
}
