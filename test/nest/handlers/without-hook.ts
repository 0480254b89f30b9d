import { HttpAdapterHost } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { CircuitBreakerInterceptor } from 'nestjs-fluxgate';

import { RejectionHook } from '../../../lib/nest/rejection-hook.js';

/** As if this Nest had no place where every exception comes by: the interceptor has to do it. */
export const withoutHook = (builder: TestingModuleBuilder): TestingModuleBuilder =>
  builder.overrideProvider(RejectionHook).useFactory({
    factory: (interceptor: CircuitBreakerInterceptor, host: HttpAdapterHost) =>
      new RejectionHook(interceptor, host, false),
    inject: [CircuitBreakerInterceptor, HttpAdapterHost],
  });
