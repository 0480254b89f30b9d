import { GatewayTimeoutException, HttpStatus, ServiceUnavailableException } from '@nestjs/common';

import { oneLine } from '../base/text.js';
import type { RejectionReason } from './outcome.js';
import type { BreakerState } from './state.js';

/** Marks our rejections across copies of the package. */
const NOT_PERMITTED = Symbol.for('nestjs-fluxgate.CallNotPermitted');

/** What a rejection knows. */
export interface Rejection {
  readonly breaker: string;
  readonly state: BreakerState;
  readonly reason: RejectionReason;
  /** Milliseconds until a probe is allowed, 0 when one is; `null` when nobody knows. */
  readonly retryAfterMs: number | null;
  /** The same as an instant, in epoch ms. */
  readonly retryAt: number | null;
  /** What the operator said when forcing it open. */
  readonly operatorReason?: string;
}

/**
 * The breaker did not let the call through; the dependency was not touched.
 *
 * On HTTP it is a 503 without any filter, with a `Retry-After` header; its `message` (for logs) names
 * the breaker, its response body does not. It has no stack trace unless the breaker's
 * `rejectionStackTraces` is on: in an outage these are hot. Do not retry it before `retryAfterMs`.
 */
export class CallNotPermittedException extends ServiceUnavailableException implements Rejection {
  readonly code = 'CIRCUIT_NOT_PERMITTED';
  readonly breaker: string;
  readonly state: BreakerState;
  readonly reason: RejectionReason;
  readonly retryAfterMs: number | null;
  readonly retryAt: number | null;
  /** Absent, not `undefined`, when nobody said anything. */
  declare readonly operatorReason?: string;

  /** @param text what `rejectionText` gives for it, where that is known already. */
  constructor(rejection: Rejection, text = rejectionText(rejection)) {
    super({
      statusCode: HttpStatus.SERVICE_UNAVAILABLE,
      error: 'Service Unavailable',
      message: 'The service is temporarily unavailable. Please try again later.',
      code: 'CIRCUIT_NOT_PERMITTED',
      retryAfterMs: rejection.retryAfterMs,
    });
    this.breaker = rejection.breaker;
    this.state = rejection.state;
    this.reason = rejection.reason;
    this.retryAfterMs = rejection.retryAfterMs;
    this.retryAt = rejection.retryAt;
    if (rejection.operatorReason !== undefined) this.operatorReason = rejection.operatorReason;
    this.message = text;
  }
}

Object.defineProperty(CallNotPermittedException.prototype, NOT_PERMITTED, { value: true });

/** Is this a breaker's "no"? Works across copies of the package and realms, and never throws. */
export function isCallNotPermitted(error: unknown): error is CallNotPermittedException {
  try {
    return (error as { [NOT_PERMITTED]?: unknown })[NOT_PERMITTED] === true;
  } catch {
    return false; // undefined, null, or an object that cannot be read
  }
}

/** Is this the "no" of the breaker of that name? Never throws. */
export function isRejectionOf(breaker: string, error: unknown): boolean {
  try {
    return isCallNotPermitted(error) && error.breaker === breaker;
  } catch {
    return false;
  }
}

/** The call took longer than the breaker's `timeoutMs`, or its stream was silent for `idleTimeoutMs`; it counts as a failure. On HTTP a 504. */
export class CallTimeoutException extends GatewayTimeoutException {
  readonly code = 'CIRCUIT_CALL_TIMEOUT';

  constructor(
    readonly breaker: string,
    readonly timeoutMs: number,
    /** A stream was silent for longer than `idleTimeoutMs`. */
    isIdle = false,
  ) {
    super({
      statusCode: HttpStatus.GATEWAY_TIMEOUT,
      error: 'Gateway Timeout',
      message: 'The service took too long to answer.',
      code: 'CIRCUIT_CALL_TIMEOUT',
    });
    const what = isIdle ? 'a stream' : 'a call';
    const did = isIdle ? 'gave nothing for' : 'took';
    this.message = `${what} through circuit breaker "${oneLine(breaker)}" ${did} longer than ${timeoutMs} ms`;
  }
}

export function rejectionText(rejection: Rejection): string {
  const name = `circuit breaker "${oneLine(rejection.breaker)}"`;
  switch (rejection.reason) {
    case 'open':
      return `${name} is open${retryText(rejection.retryAfterMs)}`;
    case 'forced_open': {
      const why = rejection.operatorReason === undefined ? '' : ` (${oneLine(rejection.operatorReason)})`;
      return `${name} is forced open${why}${retryText(rejection.retryAfterMs)}`;
    }
    case 'half_open':
      return `${name} is half-open and has enough probes in flight`;
    case 'no_permit':
      return `${name} is half-open and its permit did not let this call probe`;
    case 'keys_full':
      return `${name} has as many keys as keys.max allows, and all of them are in use`;
  }
}

function retryText(retryAfterMs: number | null): string {
  return retryAfterMs === null ? '' : `; the next probe is allowed in ${Math.ceil(retryAfterMs)} ms`;
}
