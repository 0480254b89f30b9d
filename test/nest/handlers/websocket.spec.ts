import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { CallNotPermittedFilter, CircuitBreaker } from 'nestjs-fluxgate';
import { from, map, type Observable } from 'rxjs';
import { WebSocket } from 'ws';

import { counts, httpApp, listen, PLATFORMS, resetLogger, Stage, until } from './apps.js';

@Injectable()
class Deny implements CanActivate {
  canActivate(): boolean {
    throw new WsException('denied');
  }
}

interface Said {
  readonly event: string;
  readonly data: unknown;
}

@WebSocketGateway({ path: '/shop' })
class ShopGateway {
  @SubscribeMessage('above')
  @CircuitBreaker('shop')
  async above(@MessageBody() item: string): Promise<Said> {
    return { event: 'above', data: item };
  }

  @CircuitBreaker('shop')
  @SubscribeMessage('below')
  below(@MessageBody() item: string): Said {
    return { event: 'below', data: item };
  }

  @SubscribeMessage('stream')
  @CircuitBreaker('shop')
  stream(): Observable<Said> {
    return from([1, 2]).pipe(map((data) => ({ event: 'stream', data })));
  }

  @SubscribeMessage('number')
  @CircuitBreaker('shop')
  number(
    @MessageBody(new ParseIntPipe({ exceptionFactory: () => new WsException('no number') })) n: number,
  ): Said {
    return { event: 'number', data: n };
  }

  @SubscribeMessage('broken')
  @CircuitBreaker('shop')
  async broken(): Promise<never> {
    throw new Error('broken');
  }

  @SubscribeMessage('denied')
  @UseGuards(Deny)
  @CircuitBreaker('shop')
  denied(): void {}
}

abstract class Base {
  @SubscribeMessage('inherited')
  async inherited(): Promise<Said> {
    return { event: 'inherited', data: null };
  }
}

@UseFilters(CallNotPermittedFilter)
@CircuitBreaker('shop')
@WebSocketGateway({ path: '/decorated' })
class DecoratedGateway extends Base {
  @SubscribeMessage('own')
  own(): Said {
    return { event: 'own', data: null };
  }

  // Nest calls it, but it is no message handler.
  handleConnection(): void {}
}

describe.each(PLATFORMS)('a guarded @SubscribeMessage handler on $name with the ws adapter', (platform) => {
  let app: INestApplication;
  let socket: WebSocket;
  let answers: string[];
  let stage: Stage;

  async function connect(path = '/shop'): Promise<void> {
    stage = await new Stage().compile({ providers: [ShopGateway, DecoratedGateway] });
    app = await httpApp(stage, platform, (made) => made.useWebSocketAdapter(new WsAdapter(made)));
    answers = [];
    socket = new WebSocket((await listen(app)).replace('http:', 'ws:') + path);
    socket.on('message', (data: Buffer) => answers.push(data.toString()));
    await until(() => socket.readyState === WebSocket.OPEN);
  }

  const send = (event: string, data: unknown = 'tea'): void => socket.send(JSON.stringify({ event, data }));

  /** Sends one message and waits for as many answers to it. */
  async function ask(event: string, data: unknown = 'tea', count = 1, answer = event): Promise<Said[]> {
    answers = [];
    send(event, data);
    const said = (): Said[] =>
      answers.map((text) => JSON.parse(text) as Said).filter((one) => one.event === answer);
    await until(() => said().length === count);
    return said();
  }

  afterEach(async () => {
    socket.terminate();
    await app.close();
    resetLogger();
  });

  it('counts every message once', async () => {
    await connect();
    expect(await ask('above')).toEqual([{ event: 'above', data: 'tea' }]);
    expect(await ask('below')).toEqual([{ event: 'below', data: 'tea' }]);
    expect(await ask('stream', null, 2)).toEqual([
      { event: 'stream', data: 1 },
      { event: 'stream', data: 2 },
    ]);
    expect(stage.calls()).toEqual(counts({ admitted: 3, success: 3 }));
  });

  it('does not count what guards and pipes refuse', async () => {
    await connect();
    send('denied');
    send('number', 'seven');
    expect(await ask('number', 7)).toEqual([{ event: 'number', data: 7 }]);
    expect(stage.calls()).toEqual(counts({ admitted: 1, success: 1 }));
  });

  // What the client hears then is Nest's affair: an exception event on 12, nothing on 11.
  it('counts a failure and then rejects, without a filter too', async () => {
    await connect();
    send('broken');
    await until(() => stage.calls().failure === 1);
    send('above');
    await until(() => stage.calls().rejected === 1);
    send('number', 'seven');
    stage.clock.advance(10_000);
    expect(await ask('below', 'tea')).toEqual([{ event: 'below', data: 'tea' }]);
    expect(stage.calls()).toEqual(counts({ admitted: 2, failure: 1, rejected: 1, success: 1 }));
  });

  it('is every message of a decorated gateway, inherited ones too, each counted once', async () => {
    await connect('/decorated');
    expect(await ask('own')).toEqual([{ event: 'own', data: null }]);
    expect(await ask('inherited')).toEqual([{ event: 'inherited', data: null }]);
    expect(stage.calls()).toEqual(counts({ admitted: 2, success: 2 }));
  });

  it.each(['own', 'inherited'])(
    'tells the client of "%s" code and wait with CallNotPermittedFilter',
    async (event) => {
      await connect('/decorated');
      stage.open();
      expect(await ask(event, null, 1, 'exception')).toEqual([
        {
          event: 'exception',
          data: {
            status: 'error',
            code: 'CIRCUIT_NOT_PERMITTED',
            message: 'The service is temporarily unavailable. Please try again later.',
            retryAfterMs: 10_000,
          },
        },
      ]);
      expect(stage.log.of('WsExceptionsHandler')).toEqual([]);
      stage.clock.advance(10_000);
      expect(await ask(event)).toEqual([{ event, data: null }]);
      expect(stage.breaker().state).toBe('closed');
    },
  );
});
