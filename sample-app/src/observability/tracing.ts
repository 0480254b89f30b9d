import { context, trace, type Attributes } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';

/** How many events are kept. */
const MOST = 500;

/** An event that a breaker put on the span of a request. */
export interface SpanEvent {
  /** The span's name: `POST /payments`. */
  readonly span: string;
  /** `circuit_breaker.transition`, … */
  readonly name: string;
  readonly attributes: Attributes;
}

/** Stands for the collector that you have: takes the spans that end, and keeps the events on them. */
export class SpanReceiver implements SpanExporter {
  readonly events: SpanEvent[] = [];

  export(spans: readonly ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    for (const span of spans) {
      for (const { name, attributes = {} } of span.events) {
        this.events.push({ span: span.name, name, attributes });
      }
    }
    this.events.splice(0, this.events.length - MOST);
    done({ code: 0 });
  }

  async shutdown(): Promise<void> {
    this.events.length = 0;
  }
}

/** Starts the SDK. Before the app, as it wants: what starts earlier sees none. @returns stops it. */
export function startTracing(exporter: SpanExporter): () => Promise<void> {
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return async () => {
    trace.disable();
    context.disable();
    await provider.shutdown();
  };
}
