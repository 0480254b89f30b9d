import { guardedBy, isGuardedOn, prototypesOf } from '../member.js';

/** A method that Nest routes requests, messages or fields to. */
export interface Handler {
  readonly key: string | symbol;
  /** A copy; put it on the prototype to replace the method. */
  readonly descriptor: PropertyDescriptor;
}

/** A method, and the prototype that declares it. */
interface Declared extends Handler {
  readonly prototype: object;
}

// The keys under which Nest's own decorators mark a handler: @Get and its kin, @MessagePattern and
// @EventPattern, @SubscribeMessage. Those of GraphQL (@Query, @ResolveField, @ResolveReference, …) share a prefix.
const HANDLER_KEYS = ['path', 'microservices:pattern', 'websockets:message_mapping'];
const GRAPHQL_PREFIX = 'graphql:resolve';

/**
 * Every handler of a class, inherited ones too, that is not guarded yet.
 *
 * Only the nearest method of a name is looked at, as Nest does: an override without a route is no handler.
 */
export function handlersOf(type: { readonly prototype: unknown }): Handler[] {
  const nearest = new Map<string | symbol, Declared>();
  for (const prototype of prototypesOf(type)) {
    for (const key of Reflect.ownKeys(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
      if (!nearest.has(key)) nearest.set(key, { key, descriptor, prototype });
    }
  }
  // The class itself is called "constructor" here, and @Controller gives it a path too.
  nearest.delete('constructor');
  return [...nearest.values()].filter((one) => isHandler(one.descriptor.value) && !isGuarded(one));
}

/** Also below what another decorator put around it, which calls it, so that the call is counted there. */
const isGuarded = ({ prototype, key, descriptor }: Declared): boolean =>
  isGuardedOn(prototype, key) || guardedBy(descriptor.value) !== undefined;

function isHandler(method: unknown): method is object {
  return (
    typeof method === 'function' &&
    Reflect.getMetadataKeys(method).some(
      (key) => typeof key === 'string' && (HANDLER_KEYS.includes(key) || key.startsWith(GRAPHQL_PREFIX)),
    )
  );
}
