import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, CircuitBreaker, FluxgateModule } from 'nestjs-fluxgate';
import { Test } from '@nestjs/testing';
import { lastValueFrom, throwError } from 'rxjs';

import { aBreaker } from '../support/breaker.js';

// Values that rxjs cannot look into, or takes for something else.

describe('a value that looks back', () => {
  it('is given to the caller by a guarded sync method, and its call is over', async () => {
    const { proxy: value, revoke } = Proxy.revocable({}, {});
    revoke();
    @Injectable()
    class Shop {
      @CircuitBreaker('shop')
      buy(): object {
        return value;
      }
    }
    const app = await Test.createTestingModule({
      imports: [FluxgateModule.forRoot({ breakers: { shop: {} }, logger: false })],
      providers: [Shop],
    }).compile();
    await app.init();
    // Was: a TypeError of rxjs for the caller, and a ticket (in half_open: a slot) nobody settled.
    expect(Object.is(app.get(Shop).buy(), value)).toBe(true);
    expect(app.get(BreakerRegistry).get('shop').snapshot().calls).toMatchObject({ success: 1, inFlight: 0 });
    await app.close();
  });

  it("is what the fallback of a stream gives, though it has a method called 'schedule'", async () => {
    const standIn = { schedule: () => 'tomorrow' };
    const { breaker } = aBreaker();
    const failing = throwError(() => new Error('down'));
    // Was: taken for a scheduler of rxjs; the stream ended without a value.
    expect(await lastValueFrom(breaker.observe<unknown>(failing, { fallback: () => standIn }))).toBe(standIn);
  });
});
