import { CallNotPermittedException } from './model/exceptions.js';
import type { RejectionReason } from './model/outcome.js';
import { waitOf, type Circuit } from './states.js';

/** The error of a call that is not let in; without a stack trace unless asked for, because it is hot in an outage. */
export function rejectionOf(
  breaker: string,
  circuit: Circuit,
  reason: RejectionReason,
  nowMs: number,
  hasStackTrace: boolean,
): CallNotPermittedException {
  const { state } = circuit;
  const operatorReason = circuit.state === 'forced_open' ? circuit.operatorReason : undefined;
  const limit = Error.stackTraceLimit;
  if (!hasStackTrace) Error.stackTraceLimit = 0;
  try {
    return new CallNotPermittedException({
      breaker,
      state,
      reason,
      ...waitOf(circuit, nowMs),
      ...(operatorReason === undefined ? {} : { operatorReason }),
    });
  } finally {
    Error.stackTraceLimit = limit;
  }
}
