// A test runner for Stryker: the specs of .compiled/ in this process. A mutant that acts while code is loaded
// needs the code to be loaded anew; here that means lib/ and the specs, not Nest and its friends.
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';

import { leftOut } from './left-out.mjs';
import { ReachRecorder, savedReach } from './reach.mjs';
import { collect, globals, Hanging, run } from './specs.mjs';

const COMPILED = '.compiled';
const slashes = (path) => path.split(sep).join('/');
const isLeftOut = (id) => leftOut.some(({ spec }) => id === spec);

/** How many leading folders and words two files share: specs mirror lib/, so the nearest ones tell first. */
function nearness(spec, source) {
  const words = (file) =>
    file
      .replace(/\.(spec\.)?ts$/, '')
      .split(/[/-]/)
      .slice(1);
  const wanted = words(source);
  return words(spec).filter((word, place) => wanted[place] === word).length;
}

function nearestFirst(files, sandboxFileName) {
  const source = `lib/${slashes(sandboxFileName).split('/lib/').at(-1)}`;
  return files.toSorted((a, b) => nearness(b, source) - nearness(a, source));
}

const fileOf = (id) => id.slice(0, id.indexOf(': '));

/** May a failed spec have left something behind: an app that runs, a promise that waits? */
const leavesTraces = (file, failure) =>
  failure instanceof Hanging || (failure !== undefined && file.startsWith('test/nest/'));

const compiled = (folder) =>
  readdirSync(join(COMPILED, folder), { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .map((file) => `${folder}/${slashes(file)}`);

class SpecRunner {
  /** The suites of the loaded spec files. */
  suites = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.require = createRequire(resolve(COMPILED, 'package.json'));
    this.require('reflect-metadata');
    globalThis.specGlobals = globals;
    this.files = compiled('test')
      .filter((file) => file.endsWith('.spec.js'))
      .map((file) => file.replace(/\.js$/, '.ts'))
      .sort();
    this.context = globalThis.__stryker__ ??= {};
  }

  async dryRun() {
    const coverage = (this.context.mutantCoverage ??= { static: {}, perTest: {} });
    for (const file of compiled('lib')) this.require(resolve(COMPILED, file));
    const reach = new ReachRecorder(coverage);
    for (const file of this.files) reach.loading(file, () => this.load(file));
    const result = await this.run(this.files, { isWanted: () => true, bail: false });
    reach.save(fileOf);
    return { ...result, mutantCoverage: coverage };
  }

  async mutantRun({
    activeMutant,
    testFilter,
    hitLimit,
    reloadEnvironment,
    mutantActivation,
    sandboxFileName,
  }) {
    this.context.hitLimit = hitLimit;
    this.context.hitCount = hitLimit === undefined ? undefined : 0;
    this.context.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    if (reloadEnvironment || this.isStale) this.forget();
    this.isStale = reloadEnvironment;
    const wanted = testFilter && new Set(testFilter);
    const files = nearestFirst(this.filesFor(activeMutant, testFilter), sandboxFileName);
    if (mutantActivation === 'runtime') files.forEach((file) => this.load(file));
    this.context.activeMutant = activeMutant.id;
    const result = await this.run(files, { isWanted: (id) => !wanted || wanted.has(id), bail: true });
    return toMutantRunResult(result);
  }

  filesFor({ id }, testFilter) {
    if (testFilter !== undefined) return [...new Set(testFilter.map(fileOf))];
    this.reach ??= savedReach();
    return this.reach[id] ?? this.files;
  }

  forget() {
    delete globalThis[Symbol.for('nestjs-fluxgate.process-wide')];
    const inside = resolve(COMPILED) + sep;
    for (const file of Object.keys(this.require.cache)) {
      if (file.startsWith(inside)) delete this.require.cache[file];
    }
    this.suites.clear();
  }

  load(file) {
    const known = this.suites.get(file);
    if (known) return known;
    const path = resolve(COMPILED, file.replace(/\.ts$/, '.js'));
    const made = collect(file, () => this.require(path));
    this.suites.set(file, made);
    return made;
  }

  async run(files, { isWanted, bail }) {
    const tests = [];
    for (const file of files) {
      const fileName = resolve(file);
      const onResult = ({ id, failure, timeSpentMs }) => {
        const outcome =
          failure === undefined
            ? { status: TestStatus.Success }
            : { status: TestStatus.Failed, failureMessage: String(failure?.message ?? failure) };
        this.isStale ||= leavesTraces(file, failure);
        tests.push({ id, name: id, timeSpentMs, fileName, ...outcome });
        return failure === undefined || !bail;
      };
      const goOn = await this.runFile(file, { isWanted, onResult });
      if (!goOn) break;
    }
    const { hitCount, hitLimit } = this.context;
    return determineHitLimitReached(hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests };
  }

  /** A file that cannot be loaded, or a suite that cannot be set up, is a failed spec. */
  async runFile(file, { isWanted, onResult }) {
    const onStart = (id) => {
      this.context.currentTestId = id;
    };
    try {
      const suite = this.load(file);
      return await run(suite, { isWanted: (id) => !isLeftOut(id) && isWanted(id), onStart, onResult });
    } catch (failure) {
      return onResult({ id: `${file}: (loading)`, failure, timeSpentMs: 0 });
    }
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'specs', SpecRunner)];
