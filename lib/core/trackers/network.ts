import { declareFactories } from '../model/adopt.js';
import { NETWORK } from './evidence/kinds.js';
import { leaf, type Tracker } from './tracker.js';
import { tells } from './evidence/walk.js';

/**
 * Did the request fail on its way, without a whole answer?
 *
 * Connections refused, reset or closed, answers cut off in the middle, hosts that are down or not found, and clients that
 * gave up waiting: of Node, HTTP clients and SDKs, database drivers, queues, gRPC and Nest's own proxies, also where the
 * reason is below (`cause`, `errors`, properties of the client's own). Most breakers want `TransientErrors()`, which sees
 * answers that are failures as well. Takes nothing, throws nothing.
 *
 * Gotcha: wrong certificates and passwords are none, nor is an abort: they do not pass by waiting. An `AbortError` is a
 * time-out only where the breaker knows that its signal had not aborted. A thrown `undefined` (Nest's MQTT client when its
 * broker hangs up) tells nothing and stays unseen. Texts are read where nothing else is there.
 * Source: what some hundred clients throw, `docs/clients.md`.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { NetworkErrors } from 'nestjs-fluxgate';
 *
 * const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
 * assert.equal(NetworkErrors().isFailure(new TypeError('fetch failed', { cause: reset })), true);
 * assert.equal(NetworkErrors().isFailure(Object.assign(new Error('no such row'), { code: '23505' })), false);
 * ```
 */
export function NetworkErrors(): Tracker {
  return leaf('NetworkErrors()', (error, call) => tells(error, NETWORK, call));
}

declareFactories(NetworkErrors);
