import { CallNotPermittedException, rejectionText, type Rejection } from './model/exceptions.js';
import type { RejectionReason } from './model/outcome.js';
import { waitOf, type Circuit, type ForcedOpen } from './states.js';

/** The last text: in an outage many rejections of one millisecond say the same. */
let last: { readonly rejection: Rejection; readonly text: string } | undefined;

/** The error of a call that is not let in; without a stack trace unless asked for, because it is hot in an outage. */
export function rejectionOf(
  breaker: string,
  circuit: Circuit,
  reason: RejectionReason,
  nowMs: number,
  hasStackTrace: boolean,
): CallNotPermittedException {
  const { retryAfterMs, retryAt } = waitOf(circuit, nowMs);
  const { operatorReason } = circuit as Partial<ForcedOpen>;
  const rejection: Rejection = {
    breaker,
    state: circuit.state,
    reason,
    retryAfterMs,
    retryAt,
    operatorReason,
  };
  const text = textOf(rejection);
  if (hasStackTrace) return new CallNotPermittedException(rejection, text);
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new CallNotPermittedException(rejection, text);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function textOf(rejection: Rejection): string {
  const known = last?.rejection;
  const isKnown =
    known !== undefined &&
    known.breaker === rejection.breaker &&
    known.reason === rejection.reason &&
    known.retryAfterMs === rejection.retryAfterMs &&
    known.operatorReason === rejection.operatorReason;
  if (!isKnown) last = { rejection, text: rejectionText(rejection) };
  return last!.text;
}
