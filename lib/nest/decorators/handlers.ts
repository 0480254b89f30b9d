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

/** Every handler of a class, inherited ones too, that is not guarded yet. */
export function handlersOf(type: { readonly prototype: unknown }): Handler[] {
  const handlers = new Map<string | symbol, Handler>();
  for (const prototype of prototypesOf(type)) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (handlers.has(key)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
      if (isHandler(descriptor.value)) handlers.set(key, { key, descriptor });
    }
  }
  return [...handlers.values()].filter(
    ({ descriptor }) => !Reflect.hasMetadata(GUARDED, descriptor.value as object),
  );
}

function isHandler(method: unknown): boolean {
  return (
    typeof method === 'function' &&
    Reflect.getMetadataKeys(method).some(
      (key) => typeof key === 'string' && (HANDLER_KEYS.includes(key) || key.startsWith(GRAPHQL_PREFIX)),
    )
  );
}
