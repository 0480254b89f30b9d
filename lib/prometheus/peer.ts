import { FluxgateConfigError } from '../core/index.js';

/** What this adapter uses of prom-client. */
export type PromClient = Pick<typeof import('prom-client'), 'Counter' | 'Gauge' | 'register'>;

/**
 * prom-client, loaded when it is needed: a missing one is told at bootstrap, with its cure.
 *
 * @throws FluxgateConfigError when the package is not installed; what it throws itself goes out as it is.
 */
export async function loadPromClient(
  load: () => Promise<PromClient> = () => import('prom-client'),
): Promise<PromClient> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !String(message).includes(`'prom-client'`)) throw error;
    throw Object.assign(
      new FluxgateConfigError('nestjs-fluxgate/prometheus', [
        'it needs the package prom-client, which is not installed. Run: npm install prom-client',
      ]),
      { cause: error },
    );
  }
}
