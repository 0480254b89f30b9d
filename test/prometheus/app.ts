import {
  BadGatewayException,
  Controller,
  Get,
  Injectable,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { CircuitBreaker, Cooldown, FailureStreak, FluxgateModule, seconds } from 'nestjs-fluxgate';
import { register } from 'prom-client';

export const ADAPTERS = [
  ['Express', (): AbstractHttpAdapter => new ExpressAdapter()],
  ['Fastify', (): AbstractHttpAdapter => new FastifyAdapter()],
] as const;

@Injectable()
export class Payments {
  @CircuitBreaker('payments')
  async status(): Promise<string> {
    throw new BadGatewayException();
  }
}

@Controller('payments')
export class Shop {
  constructor(private readonly payments: Payments) {}

  @Get()
  status(): Promise<string> {
    return this.payments.status();
  }
}

export const fluxgate = (): DynamicModule =>
  FluxgateModule.forRoot({
    logger: false,
    breakers: { payments: { tripper: FailureStreak(2), retry: Cooldown(seconds(60)) }, inventory: {} },
  });

const apps: INestApplication[] = [];

export async function start(
  adapter: () => AbstractHttpAdapter,
  metadata: ModuleMetadata,
): Promise<INestApplication> {
  const moduleRef = await Test.createTestingModule({ providers: [Payments], ...metadata }).compile();
  const app = moduleRef.createNestApplication(adapter());
  apps.push(app);
  await app.init();
  if (app.getHttpAdapter().getType() === 'fastify') {
    await (app as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  }
  return app;
}

/** Closes every app, and empties the global registry of prom-client. */
export async function stopAll(): Promise<void> {
  for (const app of apps.splice(0)) await app.close();
  register.clear();
}
