import { loadPeer } from '../core/index.js';

/** What this adapter uses of prom-client. */
export type PromClient = Pick<typeof import('prom-client'), 'Counter' | 'Gauge' | 'register'>;

/** @throws FluxgateConfigError when the package is not installed. */
export const loadPromClient = (
  load: () => Promise<PromClient> = () => import('prom-client'),
): Promise<PromClient> => loadPeer('nestjs-fluxgate/prometheus', 'prom-client', load);
