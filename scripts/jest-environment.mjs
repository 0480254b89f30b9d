import { AsyncLocalStorage } from 'node:async_hooks';
import NodeEnvironment from 'jest-environment-node';

const { run } = AsyncLocalStorage.prototype;

/**
 * The Node environment, which gives back what the test runner leaves behind: jest-circus makes an AsyncLocalStorage for
 * every spec file and never disables it, so that each promise of a worker pays for all the files before it.
 */
export default class extends NodeEnvironment {
  #used = new Set();

  async setup() {
    await super.setup();
    const used = this.#used;
    AsyncLocalStorage.prototype.run = function (...args) {
      used.add(this);
      return run.apply(this, args);
    };
  }

  async teardown() {
    AsyncLocalStorage.prototype.run = run;
    for (const storage of this.#used) storage.disable();
    this.#used.clear();
    await super.teardown();
  }
}
