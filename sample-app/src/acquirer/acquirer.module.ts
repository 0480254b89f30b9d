import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';

import { ACQUIRER_URL } from './acquirer-url.js';
import { UpstreamErrorInterceptor } from './upstream-error.interceptor.js';

/** How the shop reaches its acquirer: with `fetch` and the address, or with the `HttpService` of `@nestjs/axios`. */
@Module({
  imports: [HttpModule.registerAsync({ useFactory: () => ({ baseURL: process.env.ACQUIRER_URL }) })],
  providers: [
    { provide: ACQUIRER_URL, useFactory: () => process.env.ACQUIRER_URL },
    { provide: APP_INTERCEPTOR, useClass: UpstreamErrorInterceptor },
  ],
  exports: [ACQUIRER_URL, HttpModule],
})
export class AcquirerModule {}
