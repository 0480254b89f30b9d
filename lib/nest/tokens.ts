import { oneLine } from '../core/index.js';

// Everything that two copies of the package have to agree on has a string or a `Symbol.for` as its key.

/** The token of a breaker: `@Inject(getBreakerToken('payments'))`, `app.get(…)`, `overrideProvider(…)`. */
export const getBreakerToken = (name: string): string => `FluxgateBreaker(${name})`;

/** The app's one interceptor. */
export const INTERCEPTOR_TOKEN = 'FluxgateInterceptor';

/** The registry itself, empty until `READY_TOKEN` has resolved; `BreakerRegistry` waits for that. */
export const REGISTRY_TOKEN = 'FluxgateRegistry';

/** The options of `forRoot`. */
export const OPTIONS_TOKEN = 'FluxgateOptions';

/** Resolves when the registry is filled. */
export const READY_TOKEN = 'FluxgateReady';

/** The options of one `forFeature`. */
export const FEATURE_TOKEN = 'FluxgateFeature';

/** Where an instance keeps its app's interceptor. Nest prints the description when it cannot fill it. */
export const INTERCEPTOR_SLOT = Symbol.for(
  '@CircuitBreaker requires FluxgateModule.forRoot() in the imports of your root module (in tests: FluxgateTestingModule.forRoot())',
);

/** Where an interceptor keeps itself, for whoever has it behind a proxy. */
export const ITSELF = Symbol.for('nestjs-fluxgate.itself');

/** Where an instance keeps the reference of its module. */
export const MODULE_SLOT = Symbol.for('nestjs-fluxgate.module');

/** Metadata of a guarded function: what it guards. */
export const GUARDED = 'fluxgate:guarded';

/** Metadata of a prototype: its guarded members. */
export const MEMBERS = 'fluxgate:members';

/** Metadata of a class or of (prototype, member): the tracker of `@TrackWhen`, if it says which errors count. */
export const TRACK_WHEN = 'fluxgate:track-when';

/** Metadata of the same: what its `ignore` stands for. */
export const TRACK_IGNORE = 'fluxgate:track-ignore';

/** Metadata of a prototype: the members that carry `@TrackWhen`. */
export const TRACKED_MEMBERS = 'fluxgate:tracked-members';

/** Metadata of a class: its own `@CircuitBreaker`. */
export const CLASS_BREAKER = 'fluxgate:class-breaker';

/** Metadata of a prototype: what its methods with `@OnBreaker` want to know. */
export const HANDLINGS = 'fluxgate:handlings';

/** A class as messages name it. */
export function classNameOf(type: unknown): string {
  const name = (type as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && name !== '' ? oneLine(name) : 'anonymous class';
}

/** A member as messages name it: `PaymentsService.status`. */
export function memberName(owner: object, key: PropertyKey): string {
  return `${classNameOf(owner.constructor)}.${oneLine(String(key))}`;
}

/** A key of the root's options, for the testing kit alone: an unknown name makes a breaker. */
export const CREATES_UNKNOWN = Symbol.for('nestjs-fluxgate.createsUnknown');
