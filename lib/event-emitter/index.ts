// nestjs-fluxgate/event-emitter: what breakers tell as topics of the EventEmitter2 of @nestjs/event-emitter.
export { bindEventEmitter, type TopicEmitter } from './bind.js';
export { FluxgateEventsModule } from './module.js';
export type { FluxgateEventsOptions } from './options.js';
