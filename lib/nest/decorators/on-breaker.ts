import { nameProblems } from '../../core/index.js';
import { EVENTS, eventProblems, type BreakerEvent, type BreakerEventSignal } from '../events.js';
import { addHandling } from '../handling.js';
import { memberName } from '../tokens.js';

/** Goes on a method that takes the signal, or nothing. */
export type OnBreakerDecorator<Event extends BreakerEvent> = <
  Handler extends (signal: BreakerEventSignal<Event>) => unknown,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Handler>,
) => void;

/** In the place of a name: every breaker. */
export const EVERY_BREAKER = '*';

/**
 * Calls the method when a breaker says so: `@OnBreaker('payments', 'open')` when "payments" opens.
 *
 * On methods of singleton providers and controllers. An event is the state that was entered (`'open'`, `'closed'`,
 * …) or a kind of signal (`'transition'` is any move, `'rejected'`, `'fallback'`, `'call'`, `'wouldTrip'`, `'reconfigured'`, `'fault'`); the method is
 * given the signal. `'*'` stands for every breaker, those to come as well; the
 * name of a group, one breaker per key, for all of the group. The decorator may be repeated.
 *
 * What the method throws, and what its promise rejects with, touches no call: it goes to `onFault` and the log.
 * Nobody waits for its promise. Signals come after the state is final; `'call'` and `'rejected'` come with every
 * call, so be quick there. They come from `onModuleInit` to the app's shutdown.
 *
 * @param breaker its name, or `'*'`.
 * @throws TypeError at once, for an event that there is not, a static method, an accessor or a property.
 * @throws FluxgateConfigError at bootstrap, for the name of an unknown breaker, and for a provider that is
 * request-scoped or transient.
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OnBreaker, type TransitionSignal } from 'nestjs-fluxgate';
 *
 * @Injectable()
 * export class Pager {
 *   @OnBreaker('payments', 'open', 'forced_open')
 *   async down({ breaker, rule }: TransitionSignal): Promise<void> {
 *     const body = `${breaker} is down: ${rule}`;
 *     const { ok, status } = await fetch('http://pager.local', { method: 'POST', body });
 *     if (!ok) throw new Error(`the pager answered ${status}`); // told to onFault
 *   }
 * }
 * ```
 */
export function OnBreaker<Event extends BreakerEvent>(
  breaker: string,
  ...events: readonly [Event, ...Event[]]
): OnBreakerDecorator<Event> {
  const problems = nameProblems(breaker);
  if (events.length === 0) problems.push(`an event is missing. Events: ${EVENTS.join(', ')}.`);
  for (const event of events as readonly unknown[]) problems.push(...eventProblems('the event', event));
  if (problems.length > 0) throw new TypeError(`@OnBreaker: ${problems.join(' ')}`);
  return (target: object, key: string | symbol, descriptor?: PropertyDescriptor): void => {
    refuseNoMethod(target, key, descriptor);
    addHandling(target, { key, where: memberName(target, key), breaker, events: [...new Set(events)] });
  };
}

function refuseNoMethod(target: object, key: string | symbol, descriptor?: PropertyDescriptor): void {
  const isStatic = typeof target === 'function';
  const isMethod = typeof descriptor?.value === 'function';
  if (!isStatic && isMethod) return;
  const where = memberName(isStatic ? (target.prototype as object) : target, key);
  const kind = isStatic ? 'a static member has no instance' : 'this is no method';
  throw new TypeError(`@OnBreaker on ${where}: ${kind}. Put it on an instance method.`);
}
