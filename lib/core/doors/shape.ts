import type { Observable } from 'rxjs';

import { invocationOf, type CallSite } from '../call-site.js';
import { taskOf, type Callee } from './call.js';
import { runIterator } from './iterator.js';
import type { OpenGate } from './lane.js';
import { runObservable } from './observable.js';
import { runFunction } from './promise.js';
import { runSync, runThenable } from './sync.js';

/** What a call gives back: which door it takes. */
export type CallShape = 'promise' | 'sync' | 'thenable' | 'observable' | 'iterator';

/** Runs a function, with its own `this` and arguments, through the door of its shape. */
export function enterBy(
  shape: CallShape,
  gate: OpenGate,
  site: CallSite,
  fn: Callee,
  self: unknown,
  args: unknown[],
): unknown {
  return shape === 'promise'
    ? runFunction(gate, site, fn, self, args)
    : enterByOther(shape, gate, site, fn, self, args);
}

/** A function of its own: V8 has room for the way of promises in its caller then. */
function enterByOther(
  shape: Exclude<CallShape, 'promise'>,
  gate: OpenGate,
  site: CallSite,
  fn: Callee,
  self: unknown,
  args: unknown[],
): unknown {
  const task = taskOf(fn, self, args);
  const invocation = invocationOf(site, self, args);
  switch (shape) {
    case 'sync':
      return runSync(gate, site, task, invocation);
    case 'thenable':
      return runThenable(gate, site, task, invocation);
    case 'observable':
      return runObservable(gate, site, task as () => Observable<unknown>, invocation);
    case 'iterator':
      return runIterator(gate, site, task as () => AsyncIterable<unknown>, invocation);
  }
}
