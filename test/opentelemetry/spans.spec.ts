import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, trace, INVALID_SPAN_CONTEXT } from '@opentelemetry/api';
import { bindOpenTelemetry } from 'nestjs-fluxgate/opentelemetry';
import { lastValueFrom, throwError } from 'rxjs';

import { rejection } from '../support/async.js';
import { Stage, TraceSdk, unregister } from './stage.js';

let sdk: TraceSdk;
let stage: Stage;

beforeEach(async () => {
  sdk = new TraceSdk().register();
  stage = new Stage();
  await bindOpenTelemetry(stage.breakers, { attributes: { team: 'a' } });
});

afterEach(unregister);

const down = async (): Promise<never> => {
  await Promise.resolve();
  throw new Error('down');
};

describe("on the caller's active span", () => {
  it('a transition is an event, with where from, where to and why', async () => {
    stage.bad(2);
    await sdk.inSpan('request', () => rejection(stage.breaker.execute(down)));
    expect(sdk.events('request')).toEqual([
      expect.objectContaining({
        name: 'circuit_breaker.transition',
        attributes: {
          team: 'a',
          'circuitbreaker.name': 'payments',
          'circuitbreaker.state': 'open',
          'fluxgate.from': 'closed',
          'fluxgate.to': 'open',
          'fluxgate.cause': 'tripper',
          'fluxgate.rule': 'FailureStreak(3)',
        },
      }),
    ]);
  });

  it('a rejection is an event, with the reason and the wait', async () => {
    stage.bad(3);
    stage.clock.advance(400);
    await sdk.inSpan('request', () => rejection(stage.breaker.execute(down)));
    expect(sdk.events('request')).toEqual([
      expect.objectContaining({
        name: 'circuit_breaker.rejected',
        attributes: {
          team: 'a',
          'circuitbreaker.name': 'payments',
          'circuitbreaker.state': 'open',
          'fluxgate.reason': 'open',
          'fluxgate.retry_after_ms': 600,
        },
      }),
    ]);
  });

  it('a fallback is an event, after that of the rejection it stands in for', async () => {
    stage.bad(3);
    await sdk.inSpan('request', () => stage.breaker.execute(down, { fallback: () => 'cached' }));
    expect(sdk.events('request').map(({ name }) => name)).toEqual([
      'circuit_breaker.rejected',
      'circuit_breaker.fallback',
    ]);
    expect(sdk.events('request')[1]?.attributes).toEqual({
      team: 'a',
      'circuitbreaker.name': 'payments',
      'circuitbreaker.state': 'open',
      'fluxgate.outcome': 'rejected',
    });
  });

  it('a fallback for a call that failed says so', async () => {
    await sdk.inSpan('request', () => stage.breaker.execute(down, { fallback: () => 'cached' }));
    expect(sdk.events('request')).toEqual([
      expect.objectContaining({
        name: 'circuit_breaker.fallback',
        attributes: expect.objectContaining({
          'circuitbreaker.state': 'closed',
          'fluxgate.outcome': 'failure',
        }),
      }),
    ]);
  });

  it('a rejection without a known wait tells of none', async () => {
    stage.breaker.forceOpen();
    await sdk.inSpan('request', () => rejection(stage.breaker.execute(down)));
    expect(sdk.events('request')[0]?.attributes).not.toHaveProperty('fluxgate.retry_after_ms');
  });

  it('the move to half-open belongs to the call that made it, and so does the one after', async () => {
    stage.bad(3);
    stage.clock.advance(1000);
    await sdk.inSpan('probe', () => stage.breaker.execute(async () => 'up'));
    expect(sdk.events('probe').map(({ attributes }) => attributes?.['fluxgate.to'])).toEqual([
      'half_open',
      'closed',
    ]);
  });

  it('every call in flight tells its own span', async () => {
    stage.breaker.forceOpen();
    await Promise.all(
      ['one', 'two', 'three'].map((name) =>
        sdk.inSpan(name, async () => {
          await Promise.resolve();
          await rejection(stage.breaker.execute(down));
        }),
      ),
    );
    for (const name of ['one', 'two', 'three']) expect(sdk.events(name)).toHaveLength(1);
  });

  it('the inner span of the call is not told: it is over', async () => {
    stage.bad(2);
    await sdk.inSpan('request', () => rejection(stage.breaker.execute(() => sdk.inSpan('query', down))));
    expect(sdk.events('query')).toEqual([]);
    expect(sdk.events('request')).toHaveLength(1);
  });

  it('a stream tells the span that is active where it fails', async () => {
    stage.bad(2);
    const failing = stage.breaker.observe(throwError(() => new Error('down')));
    await sdk.inSpan('request', () => rejection(lastValueFrom(failing)));
    expect(sdk.events('request')).toHaveLength(1);
  });

  it('a command of an operator is an event on the request that commands it', async () => {
    await sdk.inSpan('admin', async () => stage.breaker.forceOpen());
    expect(sdk.events('admin')[0]?.attributes).toMatchObject({ 'fluxgate.cause': 'operator' });
  });

  it('a call that ends without a move leaves no event', async () => {
    await sdk.inSpan('request', () => stage.breaker.execute(async () => 'up'));
    expect(sdk.events('request')).toEqual([]);
  });
});

describe('without an active span', () => {
  it('nothing happens', () => {
    stage.bad(3);
    stage.turnedAway();
    expect(sdk.exporter.getFinishedSpans()).toEqual([]);
  });

  it('nothing happens where the span is not recorded', () => {
    const silent = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    let events = 0;
    silent.addEvent = () => (events++, silent);
    context.with(trace.setSpan(context.active(), silent), () => stage.bad(3));
    expect(stage.breaker.state).toBe('open');
    expect(events).toBe(0);
  });
});

describe('the binding', () => {
  it('tells nothing with spanEvents: false', async () => {
    const quiet = new Stage();
    await bindOpenTelemetry(quiet.breakers, { spanEvents: false });
    await sdk.inSpan('request', async () => quiet.breaker.forceOpen());
    expect(sdk.events('request')).toEqual([]);
  });

  it('tells nothing once it is ended', async () => {
    const other = new Stage();
    const unbind = await bindOpenTelemetry(other.breakers);
    unbind();
    await sdk.inSpan('request', async () => other.breaker.forceOpen());
    expect(sdk.events('request')).toEqual([]);
  });
});
