import type { ServerResponse } from 'node:http';
import { types } from 'node:util';

import {
  Inject,
  Injectable,
  type ArgumentsHost,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost, type ModuleRef } from '@nestjs/core';
import { catchError, map, throwError, type Observable } from 'rxjs';

import { isCallNotPermitted, leave, onReturn } from '../core/index.js';
import { Inspection } from './inspection.js';
import type { Member } from './member.js';
import type { Runner } from './process-wide.js';
import { retryAfterSeconds } from './retry-after.js';
import { Sites } from './sites.js';
import { fadeSlots, fillSlots, wasMade } from './slot.js';
import { WeakList } from './weak-list.js';

/**
 * Where a call meets its breaker. One per app.
 *
 * Every call of a `@CircuitBreaker` method comes through `run`, whoever makes it: Nest's router, another
 * provider, a cron job, the class itself. As an ordinary interceptor it sets the `Retry-After` header of rejected
 * HTTP requests; the module puts it into the pipeline of Nest only where nothing cheaper can do that.
 */
@Injectable()
export class CircuitBreakerInterceptor implements NestInterceptor {
  /** Off: `retryAfterHeader: false`. @internal */
  setsRetryAfter: boolean | undefined;
  /** What Nest injects nothing into, and may outlive the app. */
  private readonly bound = new WeakList<object>();

  constructor(
    @Inject(Sites) private readonly sites: Sites,
    @Inject(Inspection) private readonly inspection: Inspection,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    wasMade(this);
  }

  /** Runs a guarded method through its breaker. @internal */
  run(member: Member, self: unknown, args: unknown[]): unknown {
    return this.sites.bindingFor(this, member, self).run(member, self, args);
  }

  /** The same for objects of one class and module. @internal */
  bindingOf(type: unknown, moduleRef: ModuleRef): Runner {
    return this.sites.bindingOf(this, type, moduleRef);
  }

  /**
   * Guards an object that Nest did not make, by this app's breakers.
   *
   * @returns the object.
   * @throws TypeError when no method of it is guarded.
   */
  bind<T extends object>(instance: T, moduleRef?: ModuleRef): T {
    fillSlots(instance, this, moduleRef);
    this.bound.add(instance);
    return instance;
  }

  /** The app is closed: what outlives it is guarded as long as the app is there, and does not keep it. @internal */
  letGo(): void {
    for (const instance of this.bound.all()) fadeSlots(instance, this);
  }

  /** Nest has made an instance; the names of a class that came after bootstrap are checked now. @internal */
  checkLate(instance: object): void {
    this.inspection.meet(instance);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handled = next.handle();
    if (context.getType() !== 'http') return handled;
    return handled.pipe(
      map((value) => (isAsyncGenerator(value) ? this.watched(value, context) : value)),
      catchError((error: unknown) => {
        this.setRetryAfter(error, context);
        return throwError(() => error);
      }),
    );
  }

  /** Nest 12 streams what a generator yields, and reads it after all interceptors: its "no" comes only then. */
  private watched(body: AsyncGenerator, context: ExecutionContext): AsyncGenerator {
    const tell = (error: unknown): void => this.setRetryAfter(error, context);
    const iteration = (async function* () {
      try {
        return yield* body;
      } catch (error) {
        tell(error);
        throw error;
      }
    })();
    return onReturn(iteration, () => leave(body));
  }

  /**
   * Tells an HTTP client when to come back, if the error is a rejection and it can still be told. Never throws.
   *
   * @internal
   */
  setRetryAfter(error: unknown, host: ArgumentsHost, adapter = this.adapterHost.httpAdapter): void {
    if (!this.setsRetryAfter || !isCallNotPermitted(error)) return;
    try {
      const seconds = retryAfterSeconds(error.retryAfterMs);
      if (seconds !== undefined) setHeader(adapter, host.switchToHttp().getResponse(), seconds);
    } catch {
      // There is no response (Nest's ExternalContextCreator says "http" by default), or it was sent already.
    }
  }
}

function setHeader(adapter: HttpAdapterHost['httpAdapter'], response: object, seconds: string): void {
  if (isNative(response)) response.setHeader('Retry-After', seconds);
  else if (!adapter.isHeadersSent(response)) adapter.setHeader(response, 'Retry-After', seconds);
}

/** Middleware on Fastify gets the response of Node.js itself, which the adapter of Nest 11 does not know. */
const isNative = (response: object): response is ServerResponse => !('status' in response);

const isAsyncGenerator = (value: unknown): value is AsyncGenerator =>
  types.isGeneratorObject(value) && Symbol.asyncIterator in value;
