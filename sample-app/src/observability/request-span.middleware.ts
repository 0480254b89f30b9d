import { Injectable, type NestMiddleware } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that Express may have found a route for. */
type Request = IncomingMessage & { readonly route?: { readonly path: string } };

/** A span for each request, on which breakers tell what they did. An instrumentation of yours makes them already. */
@Injectable()
export class RequestSpanMiddleware implements NestMiddleware {
  private readonly tracer = trace.getTracer('shop');

  use(request: Request, response: ServerResponse, next: () => void): void {
    this.tracer.startActiveSpan(`${request.method}`, (span) => {
      response.once('close', () => {
        // By its route: there is no end of paths.
        span.updateName(`${request.method} ${request.route?.path ?? ''}`.trim());
        span.end();
      });
      next();
    });
  }
}
