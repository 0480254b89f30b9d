import { FluxgateConfigError, mustBe, type BreakerRegistry, type Signal } from '../core/index.js';
import { listenerOf, type BreakerEvent } from '../nest/index.js';
import { DEFAULT_EVENTS, DEFAULT_PREFIX, eventsProblems, type FluxgateEventsOptions } from './options.js';

/** What is needed of an `EventEmitter2`. */
export interface TopicEmitter {
  emitAsync(topic: string | string[], signal: unknown): Promise<unknown>;
}

/**
 * Emits what breakers tell as topics: `fluxgate.payments.open`, with the signal.
 *
 * Without Nest, or with an emitter of your own; in an app import `FluxgateEventsModule`. With `wildcard: true` a
 * breaker's name is one part of the topic, whatever is in it: `fluxgate.*.open` is every breaker that opens. Where there
 * is one breaker per key, the topic has the group's name, and the signal the key.
 *
 * @returns stops it.
 * @throws FluxgateConfigError when an option is wrong.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { EventEmitter2 } from '@nestjs/event-emitter';
 * import { BreakerRegistry } from 'nestjs-fluxgate';
 * import { bindEventEmitter } from 'nestjs-fluxgate/event-emitter';
 *
 * const emitter = new EventEmitter2({ wildcard: true });
 * const breakers = new BreakerRegistry();
 * bindEventEmitter(breakers, emitter);
 * const told: string[] = [];
 * emitter.on('fluxgate.*.forced_open', ({ breaker }) => told.push(breaker));
 * breakers.create('payments').forceOpen();
 * assert.deepEqual(told, ['payments']);
 * ```
 */
export function bindEventEmitter(
  breakers: BreakerRegistry,
  emitter: TopicEmitter,
  options: FluxgateEventsOptions = {},
): () => void {
  const problems = eventsProblems(options);
  if (typeof (Object(breakers) as Partial<BreakerRegistry>).subscribe !== 'function') {
    problems.push(mustBe('breakers', 'a BreakerRegistry', breakers));
  }
  if (typeof (Object(emitter) as Partial<TopicEmitter>).emitAsync !== 'function') {
    problems.push(mustBe('emitter', 'an EventEmitter2', emitter));
  }
  if (problems.length > 0) throw new FluxgateConfigError('bindEventEmitter', problems);
  const { prefix = DEFAULT_PREFIX, events = DEFAULT_EVENTS } = options;
  const topicOf = topics(emitter, prefix);
  const stops = [...new Set(events)].map((event) => {
    // The promise goes back to the breaker: what a receiver throws is told to onFault, and felt by no call.
    const emit = (signal: Signal): unknown =>
      emitter.emitAsync(topicOf(signal.group ?? signal.breaker, event), signal);
    return breakers.subscribe(listenerOf([event], emit));
  });
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

/** An emitter with wildcards takes a topic in parts, and so a name with its delimiter in it stays one part. */
function topics(
  emitter: TopicEmitter,
  prefix: string,
): (breaker: string, event: BreakerEvent) => string | string[] {
  const { wildcard, delimiter = '.' } = emitter as {
    readonly wildcard?: unknown;
    readonly delimiter?: string;
  };
  if (wildcard !== true) return (breaker, event) => [prefix, breaker, event].join(delimiter);
  const first = prefix.split(delimiter);
  return (breaker, event) => [...first, breaker, event];
}
