import { loadPeer } from '../core/index.js';

/** What this adapter uses of the API. */
export type OpenTelemetryApi = Pick<
  typeof import('@opentelemetry/api'),
  'createNoopMeter' | 'metrics' | 'trace'
>;

/** @throws FluxgateConfigError when the package is not installed. */
export const loadOpenTelemetry = (
  load: () => Promise<OpenTelemetryApi> = () => import('@opentelemetry/api'),
): Promise<OpenTelemetryApi> => loadPeer('nestjs-fluxgate/opentelemetry', '@opentelemetry/api', load);
