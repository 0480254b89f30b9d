import { GUARDED } from '../tokens.js';
import { prototypesOf } from '../member.js';

/** A method that Nest routes requests, messages or fields to. */
export interface Handler {
  readonly key: string | symbol;
  /** A copy; put it on the prototype to replace the method. */
  readonly descriptor: PropertyDescriptor;
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
  const nearest = new Map<string | symbol, PropertyDescriptor>();
  for (const prototype of prototypesOf(type)) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (!nearest.has(key)) nearest.set(key, Object.getOwnPropertyDescriptor(prototype, key)!);
    }
  }
  // The class itself is called "constructor" here, and @Controller gives it a path too.
  nearest.delete('constructor');
  return [...nearest]
    .map(([key, descriptor]) => ({ key, descriptor }))
    .filter(({ descriptor: { value } }) => isHandler(value) && !Reflect.hasMetadata(GUARDED, value));
}

function isHandler(method: unknown): method is object {
  return (
    typeof method === 'function' &&
    Reflect.getMetadataKeys(method).some(
      (key) => typeof key === 'string' && (HANDLER_KEYS.includes(key) || key.startsWith(GRAPHQL_PREFIX)),
    )
  );
}
