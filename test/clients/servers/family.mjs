import { readFileSync, readdirSync } from 'node:fs';

const ROUNDS = 5;

/**
 * A server and all living processes that came from it: its children and theirs (those of PostgreSQL leave the process
 * group) and the others of its process group. A process is known by its id and by when it began, so that one that has
 * got an old id later is never taken for it.
 */
export class Family {
  #members = new Map();
  #first;

  constructor(pid) {
    this.#first = pid;
    const began = livingProcesses().find((one) => one.pid === pid)?.began;
    if (began !== undefined) this.#members.set(pid, began);
  }

  living() {
    const all = livingProcesses();
    this.#members = new Map(
      all.filter((one) => this.#members.get(one.pid) === one.began).map((one) => [one.pid, one.began]),
    );
    for (let size = 0; size !== this.#members.size;) {
      size = this.#members.size;
      for (const one of all) {
        if (this.#members.has(one.parent) || one.group === this.#first) this.#members.set(one.pid, one.began);
      }
    }
    return [...this.#members.keys()];
  }

  /** Sends the signal to all of them, until no new one has been made meanwhile. */
  signal(name) {
    const told = new Set();
    for (let round = 0; round < ROUNDS; round += 1) {
      const fresh = this.living().filter((pid) => !told.has(pid));
      if (fresh.length === 0) return;
      for (const pid of fresh) {
        told.add(pid);
        send(pid, name);
      }
    }
  }
}

function send(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** One that has ended and only waits to be reaped does not live. */
function livingProcesses() {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.map((name) => statOf(name)).filter((one) => one !== undefined && one.state !== 'Z');
}

const BEGAN_AT = 19;

/** The name of the command stands in brackets and may hold anything: the fields follow the last bracket. */
function statOf(name) {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, parent, group] = fields;
    return {
      pid: Number(name),
      state,
      parent: Number(parent),
      group: Number(group),
      began: fields[BEGAN_AT],
    };
  } catch {
    return undefined;
  }
}
