import { strict as assert } from 'node:assert';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';
import { FluxgateOpenTelemetryModule } from 'nestjs-fluxgate/opentelemetry';
import { FluxgatePrometheusModule } from 'nestjs-fluxgate/prometheus';
import { FluxgateTerminusModule } from 'nestjs-fluxgate/terminus';
import { ShopModule } from './shop.js';

class AppModule {}

function start(...adapters: DynamicModule[]) {
  const options = { logger: false, abortOnError: false } as const;
  return NestFactory.createApplicationContext(
    { module: AppModule, imports: [ShopModule, ...adapters] },
    options,
  );
}

/** No optional package is installed here: the front door does not need one, and an adapter says which it needs. */
async function main(): Promise<void> {
  await (await start()).close();
  const needs: readonly (readonly [name: string, adapter: DynamicModule])[] = [
    ['prom-client', FluxgatePrometheusModule.forRoot()],
    ['@opentelemetry/api', FluxgateOpenTelemetryModule.forRoot()],
    ['@nestjs/terminus', FluxgateTerminusModule.forRoot()],
    ['@nestjs/event-emitter', FluxgateEventsModule.forRoot()],
  ];
  for (const [name, adapter] of needs) {
    await assert.rejects(start(adapter), (error: Error) => {
      assert.match(error.message, /^nestjs-fluxgate\/[\w-]+: it needs the package /);
      assert.ok(
        error.message.endsWith(`${name}, which is not installed. Run: npm install ${name}`),
        error.message,
      );
      return true;
    });
  }
  console.log('starts without optional packages, and names the one that an adapter lacks');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
