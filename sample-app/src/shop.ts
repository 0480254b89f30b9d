import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BreakerRegistry } from 'nestjs-fluxgate';

import { AppModule } from './app.module.js';
import { freePort, HOST } from './free-port.js';
import { AlertReceiver } from './observability/alert-receiver.js';
import { SpanReceiver, startTracing } from './observability/tracing.js';
import { AcquirerProcess } from './upstream/acquirer-process.js';

export interface ShopOptions {
  /** Where they would like to listen; when taken, the next free port. 0 is any. */
  readonly port: number;
  readonly acquirerPort: number;
  readonly logger: LoggerService | false;
}

/** Both processes, running. */
export interface Shop {
  readonly url: string;
  readonly acquirer: AcquirerProcess;
  readonly breakers: BreakerRegistry;
  /** Gets the alerts that the shop posts. */
  readonly alerts: AlertReceiver;
  /** Gets the spans of the shop's requests. */
  readonly spans: SpanReceiver;
  close(): Promise<void>;
}

/** Starts the acquirer in its own process, the Nest app and the receiver of its alerts in this one. */
export async function startShop({ port, acquirerPort, logger }: ShopOptions): Promise<Shop> {
  const acquirer = await AcquirerProcess.start(acquirerPort);
  const alerts = new AlertReceiver();
  const spans = new SpanReceiver();
  const stopTracing = startTracing(spans);
  try {
    await alerts.listen();
    process.env.ALERTS_URL = alerts.url;
    process.env.ACQUIRER_URL = acquirer.url;
    const app = await NestFactory.create(AppModule, {
      logger,
      abortOnError: false,
      forceCloseConnections: true,
    });
    const server = (await app.listen(await freePort(port), HOST)) as Server;
    return {
      url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
      acquirer,
      breakers: app.get(BreakerRegistry),
      alerts,
      spans,
      close: async () => {
        await app.close(); // It posts what waits.
        await stopTracing();
        await alerts.close();
        await acquirer.stop();
      },
    };
  } catch (error) {
    await stopTracing();
    await alerts.close();
    await acquirer.stop();
    throw error;
  }
}
