import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, FluxgateConfigError } from 'nestjs-fluxgate';
import { bindEventEmitter, FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';

const emitter = { emitAsync: async () => [] };

describe('the options of the topics', () => {
  it.each<[string, unknown, string]>([
    ['a prefix of nothing', { prefix: '' }, 'prefix must be a string of at least one character, got "".'],
    ['a prefix that is no text', { prefix: 7 }, 'prefix must be a string of at least one character, got 7.'],
    ['no list', { events: 'open' }, 'events must be an array of events, got "open".'],
    ['no events', { events: [] }, 'events must be an array of events, got an array of 0.'],
    ['a key nobody knows', { event: ['open'] }, 'options.event is not an option. Did you mean events?'],
    ['no options', null, 'options must be an options object, got null.'],
  ])('refuse %s', (_what, options, problem) => {
    expect(() => FluxgateEventsModule.forRoot(options as never)).toThrow(
      new FluxgateConfigError('FluxgateEventsModule.forRoot', [problem]),
    );
  });

  it('refuse an event that there is not, with the nearest one', () => {
    expect(() => FluxgateEventsModule.forRoot({ events: ['open', 'opened' as 'open'] })).toThrow(
      /^FluxgateEventsModule.forRoot: events\[1\] must be one of closed, open, .*, got "opened"\. Did you mean "open"\?$/,
    );
  });

  it('are checked by bindEventEmitter too, with what it binds', () => {
    expect(() => bindEventEmitter({} as BreakerRegistry, 5 as never, { prefix: '' })).toThrow(
      new FluxgateConfigError('bindEventEmitter', [
        'prefix must be a string of at least one character, got "".',
        'breakers must be a BreakerRegistry, got an object (Object).',
        'emitter must be an EventEmitter2, got 5.',
      ]),
    );
  });

  it('bind until they are unbound, and twice changes nothing', () => {
    const told: unknown[] = [];
    const breakers = new BreakerRegistry();
    const unbind = bindEventEmitter(
      breakers,
      { ...emitter, emitAsync: async (topic) => told.push(topic) },
      { events: ['closed', 'forced_open', 'closed'] },
    );
    const breaker = breakers.create('payments');
    breaker.forceOpen();
    breaker.reset();
    unbind();
    unbind();
    breaker.forceOpen();
    expect(told).toEqual(['fluxgate.payments.forced_open', 'fluxgate.payments.closed']);
  });
});
