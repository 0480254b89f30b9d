import type { Attributes } from '@opentelemetry/api';

import type {
  BreakerRegistry,
  FallbackSignal,
  Listener,
  RejectedSignal,
  SignalOrigin,
  TransitionSignal,
} from '../core/index.js';
import { ATTRIBUTE, EVENT, idOf } from './names.js';
import type { OpenTelemetryApi } from './peer.js';

/**
 * Tells the caller's trace what the breaker did: an event on the span that is active in the call.
 *
 * Signals come in the call that causes them, so that is the caller's own span. A move that an operator commands,
 * or that is found while somebody reads, goes to the span that is active there, if any.
 */
class SpanEvents implements Listener {
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

interface Told {
  bindings: number;
  readonly stop: () => void;
}

/** By the attributes, as text. */
const TOLD = new WeakMap<BreakerRegistry, Map<string, Told>>();

/** Tells the breakers of a registry to traces. Bound twice with the same attributes, each thing is told once. */
export function tellSpans(
  trace: OpenTelemetryApi['trace'],
  breakers: BreakerRegistry,
  attributes: Attributes,
): () => void {
  const byId = TOLD.get(breakers) ?? new Map<string, Told>();
  TOLD.set(breakers, byId);
  const id = idOf(attributes);
  const told = byId.get(id) ?? {
    bindings: 0,
    stop: breakers.subscribe(new SpanEvents(trace, attributes)),
  };
  byId.set(id, told);
  told.bindings++;
  return () => {
    if (--told.bindings > 0) return;
    byId.delete(id);
    told.stop();
  };
}
