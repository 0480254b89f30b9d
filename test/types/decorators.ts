// What the decorators take, and what the compiler refuses.
import { applyDecorators, Controller, Get, HttpException, Injectable } from '@nestjs/common';
import {
  All,
  Breaker,
  CircuitBreaker,
  CountWindow,
  HttpStatusIn,
  InjectBreaker,
  InjectKeyedBreaker,
  KeyedBreakers,
  NetworkErrors,
  OnBreaker,
  trackers,
  TrackWhen,
  type CircuitBreakerOptions,
  type FaultSignal,
  type RejectedSignal,
  type TransitionSignal,
} from 'nestjs-fluxgate';

interface Answer {
  readonly ok: boolean;
}
class TimeoutError extends Error {
  readonly afterMs = 5;
}
abstract class DriverError extends Error {}
class PrivateError extends Error {
  private constructor() {
    super();
  }
  static make(): PrivateError {
    return new PrivateError();
  }
}
const isSlow = (error: TimeoutError): boolean => error.afterMs > 3;

@Injectable()
export class Shop {
  @InjectBreaker('shop')
  readonly byProperty!: Breaker;
  readonly name = 'corner shop';

  constructor(@InjectBreaker('shop') readonly breaker: Breaker) {}

  @CircuitBreaker()
  @TrackWhen()
  async a(): Promise<void> {}

  @CircuitBreaker('shop')
  @TrackWhen(TimeoutError, DriverError, isSlow, NetworkErrors(), { except: [HttpException], when: isSlow })
  async b(): Promise<void> {}

  @CircuitBreaker('shop', HttpStatusIn(500, 599))
  c(): void {}

  @CircuitBreaker('shop', (error) => error instanceof TimeoutError)
  async *d(): AsyncGenerator<number> {}

  @CircuitBreaker('shop', { trackResult: (answer: Answer) => !answer.ok, fallback: 'f' })
  async e(): Promise<Answer> {
    return { ok: true };
  }

  @CircuitBreaker({
    breaker: 'shop',
    tracker: trackers.All(),
    fallbackWhen: 'rejected',
    returns: 'sync',
    fallback(this: Shop, error: HttpException, id: string) {
      return `${this.name} ${error.getStatus()} ${id}`;
    },
  })
  f(id: string): string {
    return id;
  }

  @applyDecorators(CircuitBreaker('shop'), TrackWhen(TimeoutError))
  g(): void {}

  @TrackWhen({ isFailure: (error: unknown) => error !== undefined })
  @CircuitBreaker(All())
  h(): void {}

  @CircuitBreaker('shop', { ignore: HttpStatusIn(404) })
  i(): void {}

  @CircuitBreaker('shop', All())
  @TrackWhen({ ignore: [TimeoutError, DriverError, isSlow, NetworkErrors()] })
  j(): void {}
}

@Controller()
@CircuitBreaker('shop')
@TrackWhen(TimeoutError)
export class Desk {
  @Get()
  sell(): void {}
}

// ── refused ──

// @ts-expect-error a number
CircuitBreaker(5);
// @ts-expect-error null
CircuitBreaker(null);
// @ts-expect-error arguments the wrong way round
CircuitBreaker(All(), 'shop');
// @ts-expect-error two names
CircuitBreaker('shop', 'bank');
// @ts-expect-error a class is no tracker: TypeOf(TimeoutError)
CircuitBreaker(TimeoutError);
// @ts-expect-error a factory without its call
CircuitBreaker('shop', CountWindow);
// @ts-expect-error an option of the breaker, not of the place of call
CircuitBreaker('shop', { window: CountWindow(5) });
// @ts-expect-error a moment that there is not
CircuitBreaker({ fallbackWhen: 'open' });
// @ts-expect-error a kind that there is not
CircuitBreaker({ returns: 'generator' });
// @ts-expect-error a fallback is a function or a name
CircuitBreaker({ fallback: 5 });
// @ts-expect-error three arguments
CircuitBreaker('shop', All(), {});
// @ts-expect-error options are read-only
({}) as CircuitBreakerOptions satisfies CircuitBreakerOptions & { breaker: never };

// @ts-expect-error a text is no rule
TrackWhen('TimeoutError');
// @ts-expect-error a status is no rule
TrackWhen(503);
// @ts-expect-error an error is no rule
TrackWhen(null);
// @ts-expect-error exceptions are a list
TrackWhen({ except: TimeoutError });
// @ts-expect-error what is ignored is a list
TrackWhen({ ignore: TimeoutError });
// @ts-expect-error a class is no tracker: TypeOf(TimeoutError)
CircuitBreaker({ ignore: TimeoutError });
// @ts-expect-error a condition is a predicate
TrackWhen({ when: All() });
// @ts-expect-error an unknown narrowing
TrackWhen({ expect: [TimeoutError] });
// @ts-expect-error a predicate answers true or false
TrackWhen((error: Error) => error.message);

// @ts-expect-error a name is needed
InjectBreaker();
// @ts-expect-error a name is a text
InjectBreaker(Symbol('shop'));

/** A key is read from the method's own arguments. */
@Injectable()
export class Gateway {
  readonly region = 'eu';

  constructor(@InjectKeyedBreaker('gateway') readonly breakers: KeyedBreakers) {}

  @CircuitBreaker('gateway', {
    key: (tenantId: string) => tenantId,
    fallback: (error: Error) => error.message,
  })
  async one(_tenantId: string, _amount: number): Promise<void> {}

  @CircuitBreaker({
    breaker: 'gateway',
    key(this: Gateway, path: string, depth: number) {
      return `${this.region}${path}${depth}`;
    },
  })
  two(_path: string, _depth: number): void {}

  @CircuitBreaker('gateway', { key: () => 'all' })
  three(_amount: number): void {}

  // @ts-expect-error the method takes a number, the key function a text
  @CircuitBreaker('gateway', { key: (tenantId: string) => tenantId })
  four(_amount: number): void {}

  // @ts-expect-error the key is a text
  @CircuitBreaker('gateway', { key: (tenantId: number) => tenantId })
  five(_tenantId: number): void {}
}

// @ts-expect-error a key on a class: each handler has arguments of its own
@CircuitBreaker('gateway', { key: (tenantId: string) => tenantId })
export class Handlers {}

export class Refused {
  // @ts-expect-error a property is no method
  @CircuitBreaker('shop')
  readonly arrow = (): void => {};
}
export const made = PrivateError.make();

export class Told {
  @OnBreaker('shop', 'open', 'closed')
  moved(signal: TransitionSignal): void {
    void signal.rule;
  }

  @OnBreaker('*', 'rejected')
  async rejected({ reason }: RejectedSignal): Promise<void> {
    void reason;
  }

  @OnBreaker('shop', 'open', 'fault')
  either(signal: TransitionSignal | FaultSignal): void {
    void signal.at;
  }

  @OnBreaker('shop', 'call')
  nothing(): void {}

  // @ts-expect-error a state that was entered gives a TransitionSignal
  @OnBreaker('shop', 'open')
  other(signal: RejectedSignal): void {
    void signal;
  }

  // @ts-expect-error there is no such event
  @OnBreaker('shop', 'opened')
  unknown(): void {}

  // @ts-expect-error of what?
  @OnBreaker('shop')
  none(): void {}

  // @ts-expect-error a property is no method
  @OnBreaker('shop', 'open')
  readonly field = 1;
}
