import {
  Inject,
  Injectable,
  type ArgumentsHost,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost, type ModuleRef } from '@nestjs/core';
import { catchError, throwError, type Observable } from 'rxjs';

import { isCallNotPermitted } from '../core/index.js';
import { ownMembers, prototypesOf, type Member } from './member.js';
import { retryAfterSeconds } from './retry-after.js';
import { Sites } from './sites.js';
import { made, type Bound } from './slot.js';
import { INTERCEPTOR_SLOT, MODULE_SLOT } from './tokens.js';

/**
 * Where a call meets its breaker. One per app.
 *
 * Every call of a `@CircuitBreaker` method comes through `run`, whoever makes it: Nest's router, another
 * provider, a cron job, the class itself. As an ordinary interceptor, registered for the whole app, it sets
 * the `Retry-After` header of rejected HTTP requests.
 */
@Injectable()
export class CircuitBreakerInterceptor implements NestInterceptor {
  /** Off: `retryAfterHeader: false`. @internal */
  setsRetryAfter = true;

  constructor(
    @Inject(Sites) private readonly sites: Sites,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    made.add(this);
  }

  /** Runs a guarded method through its breaker. @internal */
  run(member: Member, self: object, args: unknown[]): unknown {
    const { breaker, call } = this.sites.of(member, self);
    const task = (): unknown => member.original.apply(self, args);
    return breaker.enter(member.shape, call, task, { self, args });
  }

  /**
   * Guards an object that Nest did not make, by this app's breakers.
   *
   * @returns the object.
   */
  bind<T extends object>(instance: T, moduleRef?: ModuleRef): T {
    const bound = instance as Bound;
    bound[INTERCEPTOR_SLOT] = this;
    if (moduleRef !== undefined) bound[MODULE_SLOT] = moduleRef;
    return instance;
  }

  /** A class that came after bootstrap (lazy module, request): its names are checked when it is made. @internal */
  checkLate(instance: object): void {
    if (!this.sites.isReady) return;
    for (const prototype of prototypesOf(instance.constructor as NewableFunction)) {
      for (const member of ownMembers(prototype)) this.sites.check(member);
    }
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handled = next.handle();
    if (context.getType() !== 'http') return handled;
    return handled.pipe(
      catchError((error: unknown) => {
        this.setRetryAfter(error, context);
        return throwError(() => error);
      }),
    );
  }

  /** Tells an HTTP client when to come back, if the error is a rejection and it can still be told. @internal */
  setRetryAfter(error: unknown, host: ArgumentsHost): void {
    if (!this.setsRetryAfter || !isCallNotPermitted(error)) return;
    const seconds = retryAfterSeconds(error.retryAfterMs);
    if (seconds === undefined) return;
    try {
      const { httpAdapter } = this.adapterHost;
      const response: unknown = host.switchToHttp().getResponse();
      if (!httpAdapter.isHeadersSent(response)) httpAdapter.setHeader(response, 'Retry-After', seconds);
    } catch {
      // Nest's ExternalContextCreator says "http" by default, also of calls that have no response.
    }
  }
}
