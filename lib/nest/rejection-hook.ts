import type { ArgumentsHost, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';

import type { CircuitBreakerInterceptor } from './interceptor.js';
import { guardBehind } from './slot.js';

/** What Nest hands every exception of an HTTP app to: it looks for a filter, and answers where there is none. */
interface ExceptionsHandler {
  readonly applicationRef: HttpAdapterHost['httpAdapter'];
  next: (this: ExceptionsHandler, exception: unknown, host: ArgumentsHost) => void;
}

type HandlerClass = new (applicationRef: object) => ExceptionsHandler;

/** Whose rejections are told: an app's interceptor, by the app's HTTP adapter. */
const tellers = new WeakMap<object, CircuitBreakerInterceptor>();
const hooked = new WeakSet<HandlerClass>();

/**
 * Sees every exception of an HTTP app before any filter does, so that no interceptor has to stand in the way of
 * every request for the sake of the few that are rejected.
 */
export class RejectionHook implements OnModuleInit, OnApplicationShutdown {
  /** Else the interceptor has to do it, in the pipeline of Nest. */
  readonly isInPlace: boolean;

  constructor(
    private readonly interceptor: CircuitBreakerInterceptor,
    private readonly adapterHost: HttpAdapterHost,
    isThere: boolean,
  ) {
    // What a test put in its place is asked as any interceptor is.
    this.isInPlace = isThere && guardBehind(interceptor) !== undefined;
  }

  /** Only now, as a testing module gets its adapter late; what is no HTTP app has none. */
  onModuleInit(): void {
    const { adapter } = this;
    if (this.isInPlace && adapter) tellers.set(adapter, this.interceptor);
  }

  /** The server is closed; the adapter may be one that outlives the app. */
  onApplicationShutdown(): void {
    const { adapter } = this;
    if (adapter && tellers.get(adapter) === this.interceptor) tellers.delete(adapter);
  }

  private get adapter(): object | null | undefined {
    return this.adapterHost.httpAdapter;
  }
}

// The class is no part of Nest's public names: what is not there, or works otherwise, is left alone.
const loadHandlers = (): Promise<unknown> => import('@nestjs/core/exceptions/exceptions-handler.js');

/**
 * Has the apps of this process told of their exceptions; once per copy of Nest.
 *
 * @returns false when this Nest has no such place.
 */
export async function hookExceptions(load = loadHandlers): Promise<boolean> {
  try {
    const { ExceptionsHandler: found } = (await load()) as { readonly ExceptionsHandler: HandlerClass };
    if (!isAsKnown(found)) return false;
    if (!hooked.has(found)) hook(found);
    return true;
  } catch {
    return false;
  }
}

/** Does it keep its app's adapter where we read it, and take what we take? */
function isAsKnown(type: HandlerClass): boolean {
  const adapter = {};
  const made = new type(adapter);
  return (
    made.applicationRef === adapter &&
    Object.hasOwn(type.prototype as object, 'next') &&
    made.next.length === 2
  );
}

function hook(type: HandlerClass): void {
  const handlers = type.prototype as ExceptionsHandler;
  const { next } = handlers;
  handlers.next = function (exception, host) {
    tellers.get(this.applicationRef)?.setRetryAfter(exception, host, this.applicationRef);
    next.call(this, exception, host);
  };
  hooked.add(type);
}
