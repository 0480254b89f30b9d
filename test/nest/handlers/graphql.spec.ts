import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  UseGuards,
  type CanActivate,
  type INestApplication,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  type GqlModuleOptions,
} from '@nestjs/graphql';
import { CallNotPermittedFilter, CircuitBreaker } from 'nestjs-fluxgate';
import request from 'supertest';

import { counts, httpApp, PLATFORMS, resetLogger, Stage } from './apps.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@ObjectType()
class Item {
  @Field()
  name!: string;
}

@Resolver(() => Item)
class Items {
  @Query(() => [Item])
  @CircuitBreaker('shop')
  async above(): Promise<Item[]> {
    return [{ name: 'tea' }, { name: 'jam' }];
  }

  @CircuitBreaker('shop')
  @Query(() => [Item])
  below(@Args('name') name: string): Item[] {
    return [{ name }];
  }

  @Query(() => [Item])
  @CircuitBreaker('shop')
  async broken(): Promise<never> {
    throw new Error('broken');
  }

  @Query(() => [Item])
  @UseGuards(Deny)
  @CircuitBreaker('shop')
  async denied(): Promise<Item[]> {
    return [];
  }

  @Query(() => [Item])
  free(): Item[] {
    return [{ name: 'tea' }, { name: 'jam' }];
  }

  @ResolveField(() => Int, { nullable: true })
  @CircuitBreaker('field')
  async price(@Parent() { name }: Item): Promise<number> {
    return name.length;
  }

  @CircuitBreaker('field')
  @ResolveField(() => String, { nullable: true })
  label(@Parent() { name }: Item): string {
    return `${name}!`;
  }
}

@Resolver({ isAbstract: true })
abstract class Stats {
  @Query(() => Int)
  async total(): Promise<number> {
    return 7;
  }
}

@CircuitBreaker('shop')
@Resolver(() => Item)
class ShopStats extends Stats {
  @Mutation(() => Int)
  async sell(): Promise<number> {
    return 1;
  }

  @ResolveField(() => Boolean, { nullable: true })
  sold(): boolean {
    return true;
  }
}

const FILTER: Provider = { provide: APP_FILTER, useClass: CallNotPermittedFilter };

describe('a guarded resolver', () => {
  let app: INestApplication;
  let stage: Stage;

  async function start(providers: Provider[] = [], options: GqlModuleOptions = {}): Promise<void> {
    stage = await new Stage().compile(
      {
        imports: [
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            includeStacktraceInErrorResponses: false,
            ...options,
          }),
        ],
        providers: [Items, ShopStats, ...providers],
      },
      { breakers: { shop: {}, field: {} } },
    );
    app = await httpApp(stage, PLATFORMS[0]!);
  }

  const ask = async (query: string): Promise<request.Response> =>
    request(app.getHttpServer()).post('/graphql').send({ query });

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it('counts every query once, @Query above and below', async () => {
    await start();
    expect((await ask('{ above { name } }')).body.data).toEqual({
      above: [{ name: 'tea' }, { name: 'jam' }],
    });
    expect((await ask('{ below(name: "jam") { name } }')).body).toEqual({
      data: { below: [{ name: 'jam' }] },
    });
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 2 }));
  });

  it('counts a field of every parent, though Nest asks no interceptor there', async () => {
    await start();
    expect((await ask('{ free { price label } }')).body.data.free).toEqual([
      { price: 3, label: 'tea!' },
      { price: 3, label: 'jam!' },
    ]);
    expect(stage.calls('field')).toEqual(counts({ admitted: 4, success: 4 }));
  });

  it('does not count what a guard refuses', async () => {
    await start();
    expect((await ask('{ denied { name } }')).body.errors).toMatchObject([{ message: 'Forbidden resource' }]);
    expect(stage.calls()).toEqual(counts({}));
  });

  it('rejects after a failure; without a filter the client sees an internal error', async () => {
    await start();
    expect((await ask('{ broken { name } }')).body.errors).toMatchObject([{ message: 'broken' }]);
    const { status, body, headers } = await ask('{ above { name } }');
    expect(status).toBe(200);
    expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(headers).not.toHaveProperty('retry-after');
    expect(stage.calls()).toEqual(counts({ admitted: 1, failure: 1, rejected: 1 }));
  });

  it('tells the client code, wait and Retry-After with CallNotPermittedFilter', async () => {
    await start([FILTER]);
    stage.open();
    stage.clock.advance(500);
    const { status, body, headers } = await ask('{ above { name } }');
    expect(status).toBe(200);
    expect(body).toEqual({
      data: null,
      errors: [
        {
          message: 'The service is temporarily unavailable. Please try again later.',
          locations: [{ line: 1, column: 3 }],
          path: ['above'],
          extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: 9_500 },
        },
      ],
    });
    expect(headers['retry-after']).toBe('10');
    expect(stage.log.of('ExceptionsHandler')).toEqual([]);
  });

  it('has no Retry-After when it is forced open and nobody knows until when', async () => {
    await start([FILTER]);
    stage.breaker().forceOpen();
    const { body, headers } = await ask('{ above { name } }');
    expect(body.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: null } }]);
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('leaves the rest of the answer alone when only a field is rejected', async () => {
    await start([FILTER]);
    stage.open('field');
    const { body } = await ask('{ free { name price } }');
    expect(body.data).toEqual({
      free: [
        { name: 'tea', price: null },
        { name: 'jam', price: null },
      ],
    });
    expect(body.errors).toHaveLength(2);
    expect(body.errors[0]).toMatchObject({
      path: ['free', 0, 'price'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
    expect(stage.calls('field').rejected).toBe(2);
  });

  it('tells it of fields too where Nest is told to filter them', async () => {
    await start([FILTER], { fieldResolverEnhancers: ['filters'] });
    stage.open('field');
    const { body, headers } = await ask('{ free { label } }');
    expect(body.errors).toHaveLength(2);
    expect(body.errors[1]).toMatchObject({
      path: ['free', 1, 'label'],
      extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: 10_000 },
    });
    expect(headers['retry-after']).toBe('10');
  });

  it('is every query, mutation and field of a decorated class, inherited ones too', async () => {
    await start();
    expect((await ask('{ total }')).body).toEqual({ data: { total: 7 } });
    expect((await ask('mutation { sell }')).body).toEqual({ data: { sell: 1 } });
    expect((await ask('{ free { sold } }')).body).toEqual({
      data: { free: [{ sold: true }, { sold: true }] },
    });
    expect(stage.calls()).toEqual(counts({ admitted: 4, success: 4 }));
    stage.open();
    expect((await ask('{ total }')).body.errors).toHaveLength(1);
    expect((await ask('mutation { sell }')).body.errors).toHaveLength(1);
    expect((await ask('{ free { sold } }')).body.errors).toHaveLength(2);
    expect(stage.calls().rejected).toBe(4);
  });
});
