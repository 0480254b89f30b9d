import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, GraphQLSchemaHost, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { parse, subscribe, type ExecutionResult } from 'graphql';
import { CircuitBreaker } from 'nestjs-fluxgate';

import { counts, httpApp, PLATFORMS, resetLogger, Stage } from './apps.js';

@CircuitBreaker('shop')
@Resolver()
class Prices {
  @Query(() => Int)
  price(): number {
    return 1;
  }

  @Subscription(() => Int)
  async *prices(): AsyncGenerator<{ prices: number }> {
    yield { prices: 1 };
    yield { prices: 2 };
  }
}

describe('a guarded @Subscription', () => {
  let app: INestApplication;
  let stage: Stage;

  async function listen(): Promise<AsyncGenerator<ExecutionResult>> {
    const { schema } = app.get(GraphQLSchemaHost);
    const answer = await subscribe({ schema, document: parse('subscription { prices }'), contextValue: {} });
    return answer as AsyncGenerator<ExecutionResult>;
  }

  async function start(): Promise<void> {
    stage = await new Stage().compile({
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true })],
      providers: [Prices],
    });
    app = await httpApp(stage, PLATFORMS[0]!);
  }

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it('is one call from its first value to its end', async () => {
    await start();
    const events: unknown[] = [];
    for await (const { data } of await listen()) events.push(data?.prices);
    expect(events).toEqual([1, 2]);
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it('is a good probe when the client leaves after a value', async () => {
    await start();
    stage.halfOpen();
    const feed = await listen();
    await feed.next();
    expect(stage.breaker().snapshot().probesInFlight).toBe(1);
    await feed.return(undefined);
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, success: 1 }));
  });

  it('is rejected at its first value while the breaker is open', async () => {
    await start();
    stage.open();
    await expect((await listen()).next()).rejects.toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED' });
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
  });
});
