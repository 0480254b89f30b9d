// What a call's options may be, seen from the types of the call.
import { Breaker, CircuitBreaker } from 'nestjs-fluxgate';

// A result tracker may name the type of the results it is for.
const breaker = new Breaker('b', { trackResult: (response: Response) => response.status === 500 });

export class Service {
  @CircuitBreaker('b', { trackResult: (response: Response) => response.ok })
  async fetch(): Promise<Response> {
    return fetch('http://localhost');
  }
}

// A fallback gives what the call gives.
export const fine: Promise<string> = breaker.execute(async () => 'a', { fallback: async () => 'b' });
// @ts-expect-error -- a number is no string
export const wrong: Promise<string> = breaker.execute(async () => 'a', { fallback: () => 3 });
