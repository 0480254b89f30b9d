import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BreakerRegistry } from 'nestjs-fluxgate';

import { AppModule } from './app.module.js';
import { freePort, HOST } from './free-port.js';
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
  close(): Promise<void>;
}

/** Starts the acquirer in its own process and the Nest app in this one. */
export async function startShop({ port, acquirerPort, logger }: ShopOptions): Promise<Shop> {
  const acquirer = await AcquirerProcess.start(acquirerPort);
  try {
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
      close: async () => {
        await app.close();
        await acquirer.stop();
      },
    };
  } catch (error) {
    await acquirer.stop();
    throw error;
  }
}
