import { loadPeer } from '../core/index.js';

/** What this adapter uses of the package. */
export type EventEmitterPackage = Pick<typeof import('@nestjs/event-emitter'), 'EventEmitter2'>;

/** @throws FluxgateConfigError when the package is not installed. */
export const loadEventEmitter = (
  load: () => Promise<EventEmitterPackage> = () => import('@nestjs/event-emitter'),
): Promise<EventEmitterPackage> => loadPeer('nestjs-fluxgate/event-emitter', '@nestjs/event-emitter', load);
