import type { Attributes } from '@opentelemetry/api';

import type {
  FallbackSignal,
  Listener,
  RejectedSignal,
  SignalOrigin,
  TransitionSignal,
} from '../core/index.js';
import { ATTRIBUTE, EVENT } from './names.js';
import type { OpenTelemetryApi } from './peer.js';

/**
 * Tells the caller's trace what the breaker did: an event on the span that is active in the call.
 *
 * Signals come in the call that causes them, so that is the caller's own span. A move that an operator commands,
 * or that is found while somebody reads, goes to the span that is active there, if any.
 */
export class SpanEvents implements Listener {
  constructor(
    private readonly trace: OpenTelemetryApi['trace'],
    private readonly attributes: Attributes,
  ) {}

  onTransition(signal: TransitionSignal): void {
    const { from, to, cause, rule } = signal;
    this.tell(EVENT.transition, signal, {
      [ATTRIBUTE.state]: to,
      [ATTRIBUTE.from]: from,
      [ATTRIBUTE.to]: to,
      [ATTRIBUTE.cause]: cause,
      [ATTRIBUTE.rule]: rule,
    });
  }

  onRejected(signal: RejectedSignal): void {
    const { state, reason, retryAfterMs } = signal;
    this.tell(EVENT.rejected, signal, {
      [ATTRIBUTE.state]: state,
      [ATTRIBUTE.reason]: reason,
      ...(retryAfterMs === null ? {} : { [ATTRIBUTE.retryAfterMs]: retryAfterMs }),
    });
  }

  onFallback(signal: FallbackSignal): void {
    const { state, outcome } = signal;
    this.tell(EVENT.fallback, signal, { [ATTRIBUTE.state]: state, [ATTRIBUTE.outcome]: outcome });
  }

  private tell(event: string, { breaker, group, key }: SignalOrigin, attributes: Attributes): void {
    const span = this.trace.getActiveSpan();
    if (span?.isRecording() !== true) return;
    span.addEvent(event, {
      ...this.attributes,
      [ATTRIBUTE.name]: group ?? breaker,
      ...(key === undefined ? {} : { [ATTRIBUTE.key]: key }),
      ...attributes,
    });
  }
}
