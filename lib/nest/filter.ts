import { Catch, Inject, Optional, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';

import { CallNotPermittedException } from '../core/index.js';
import { CircuitBreakerInterceptor } from './interceptor.js';
import { retryAfterSeconds } from './retry-after.js';

/** A socket of the `ws` package, or of socket.io. */
interface Socket {
  readonly readyState?: number;
  send?(data: string): void;
  emit?(event: string, data: unknown): void;
}

/**
 * Tells clients without HTTP why they got no answer.
 *
 * HTTP needs no filter (a rejection is a 503 with `Retry-After`). Put this one on what else you serve: on a
 * gateway and on microservice handlers with `@UseFilters(CallNotPermittedFilter)`, for GraphQL also as
 * `APP_FILTER`. Field resolvers (`@ResolveField`) are only filtered with the GraphQL module's
 * `fieldResolverEnhancers: ['filters']`.
 *
 * | transport | what the client gets |
 * | --- | --- |
 * | RPC | an error `{ status: 'error', code, message, retryAfterMs }` |
 * | WebSocket | an event `exception` with the same |
 * | GraphQL | `extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs }` and a `Retry-After` header |
 * | HTTP | the 503, with `Retry-After` also where `globalInterceptor` is `false` |
 */
@Catch(CallNotPermittedException)
export class CallNotPermittedFilter extends BaseExceptionFilter<CallNotPermittedException> {
  @Optional()
  @Inject(CircuitBreakerInterceptor)
  private readonly interceptor?: unknown;

  override catch(exception: CallNotPermittedException, host: ArgumentsHost): unknown {
    switch (host.getType<string>()) {
      case 'rpc':
        return throwError(() => bodyOf(exception));
      case 'ws':
        return tell(host.switchToWs().getClient<Socket>(), bodyOf(exception));
      case 'graphql':
        throw graphqlError(exception);
      default:
        // A filter made by hand has none, a mocked one is none.
        if (this.interceptor instanceof CircuitBreakerInterceptor)
          this.interceptor.setRetryAfter(exception, host);
        // oxlint-disable-next-line promise/valid-params -- no promise: an exception filter
        return super.catch(exception, host);
    }
  }
}

interface Body {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number | null;
}

function bodyOf(exception: CallNotPermittedException): Body {
  const { code, retryAfterMs } = exception;
  return { status: 'error', code, message: publicText(exception), retryAfterMs };
}

function tell(client: Socket, data: Body): void {
  if (typeof client.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data }));
  else client.emit?.('exception', data);
}

/** graphql-js takes `extensions` over from any error, so this needs no GraphQL package. */
function graphqlError(exception: CallNotPermittedException): Error {
  const { retryAfterMs } = exception;
  const seconds = retryAfterSeconds(retryAfterMs);
  const headers = new Map(seconds === undefined ? [] : [['retry-after', seconds]]);
  return Object.assign(new Error(publicText(exception), { cause: exception }), {
    extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs, http: { headers } },
  });
}

const publicText = (exception: CallNotPermittedException): string =>
  (exception.getResponse() as { readonly message: string }).message;
