import { loadPeer } from '../core/index.js';

/** What this adapter uses of terminus. */
export type Terminus = Pick<typeof import('@nestjs/terminus'), 'HealthIndicatorService'>;

/** @throws FluxgateConfigError when the package is not installed. */
export const loadTerminus = (
  load: () => Promise<Terminus> = () => import('@nestjs/terminus'),
): Promise<Terminus> => loadPeer('nestjs-fluxgate/terminus', '@nestjs/terminus', load);
