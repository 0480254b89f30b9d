import { CallNotPermittedException, rejectionText, type Rejection } from './model/exceptions.js';
import type { RejectionReason } from './model/outcome.js';
import { waitOf, type Circuit, type ForcedOpen } from './states.js';

/** The last one: in an outage many rejections of one millisecond say the same. */
let last = { rejection: {} } as { rejection: Rejection; text: string; headline: string };

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
  const known = last.rejection;
  if (
    known.breaker !== breaker ||
    known.state !== circuit.state ||
    known.reason !== reason ||
    known.retryAfterMs !== retryAfterMs ||
    known.retryAt !== retryAt ||
    known.operatorReason !== operatorReason
  ) {
    const rejection = { breaker, state: circuit.state, reason, retryAfterMs, retryAt, operatorReason };
    const text = rejectionText(rejection);
    last = { rejection, text, headline: `${CallNotPermittedException.name}: ${text}` };
  }
  const { rejection, text, headline } = last;
  return hasStackTrace ? new CallNotPermittedException(rejection, text) : untraced(rejection, text, headline);
}

/** With a limit of 0 V8 would still walk the stack, for nothing: 100 of 300 ns. */
function untraced(rejection: Rejection, text: string, headline: string): CallNotPermittedException {
  const limits = Error as { stackTraceLimit: number | undefined };
  const limit = limits.stackTraceLimit;
  limits.stackTraceLimit = undefined;
  try {
    const error = new CallNotPermittedException(rejection, text);
    error.stack = headline;
    return error;
  } finally {
    limits.stackTraceLimit = limit;
  }
}
