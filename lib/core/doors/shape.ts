import type { Observable } from 'rxjs';

import type { CallSite, Invocation } from '../call-site.js';
import type { Gate } from '../ticket.js';
import { runIterator } from './iterator.js';
import { runObservable } from './observable.js';
import { runPromise } from './promise.js';
import { runSync } from './sync.js';

/** What a call gives back: which door it takes. */
export type CallShape = 'promise' | 'sync' | 'observable' | 'iterator';

/** Runs a call of a known place through the door of its shape. */
export function enterBy(
  shape: CallShape,
  gate: Gate,
  site: CallSite,
  task: () => unknown,
  invocation: Invocation,
): unknown {
  switch (shape) {
    case 'promise':
      return runPromise(gate, site, task, invocation);
    case 'sync':
      return runSync(gate, site, task, invocation);
    case 'observable':
      return runObservable(gate, site, task as () => Observable<unknown>, invocation);
    case 'iterator':
      return runIterator(gate, site, task as () => AsyncIterable<unknown>, invocation);
  }
}
