import { FluxgateConfigError } from '../core/index.js';

/** What this adapter uses of terminus. */
export type Terminus = Pick<typeof import('@nestjs/terminus'), 'HealthIndicatorService'>;

/**
 * Terminus, loaded when it is needed: a missing one is told at bootstrap, with its cure.
 *
 * @throws FluxgateConfigError when the package is not installed; what it throws itself goes out as it is.
 */
export async function loadTerminus(
  load: () => Promise<Terminus> = () => import('@nestjs/terminus'),
): Promise<Terminus> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !String(message).includes(`'@nestjs/terminus'`)) throw error;
    throw Object.assign(
      new FluxgateConfigError('nestjs-fluxgate/terminus', [
        'it needs the package @nestjs/terminus, which is not installed. Run: npm install @nestjs/terminus',
      ]),
      { cause: error },
    );
  }
}
