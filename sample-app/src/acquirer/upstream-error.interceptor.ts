import {
  BadGatewayException,
  GatewayTimeoutException,
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { isAxiosError } from 'axios';
import { NetworkErrors } from 'nestjs-fluxgate';
import { catchError, throwError, type Observable } from 'rxjs';

import { UpstreamError } from './upstream-error.js';

const networkErrors = NetworkErrors();

/**
 * What the acquirer did wrong is a 502 or a 504 to our clients, not a 500 of ours.
 *
 * Here, at the edge, so that services throw what really happened and breakers judge that. A rejection by a
 * breaker needs nothing: it is a 503 with `Retry-After` already.
 */
@Injectable()
export class UpstreamErrorInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => translate(error))));
  }
}

function translate(error: unknown): unknown {
  if (error instanceof HttpException) return error;
  const status = statusOf(error);
  const options = { cause: error };
  if (status !== undefined) {
    const message = `The acquirer answered ${status}.`;
    return status < 500
      ? new HttpException(message, status, options)
      : new BadGatewayException(message, options);
  }
  if (!networkErrors.isFailure(error)) return error;
  return error instanceof DOMException && error.name === 'TimeoutError'
    ? new GatewayTimeoutException('The acquirer did not answer in time.', options)
    : new BadGatewayException('The acquirer cannot be reached.', options);
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof UpstreamError) return error.status;
  return isAxiosError(error) ? error.response?.status : undefined;
}
