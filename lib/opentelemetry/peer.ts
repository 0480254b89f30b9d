import { FluxgateConfigError } from '../core/index.js';

/** What this adapter uses of the API. */
export type OpenTelemetryApi = Pick<
  typeof import('@opentelemetry/api'),
  'createNoopMeter' | 'metrics' | 'trace'
>;

/**
 * The OpenTelemetry API, loaded when it is needed: a missing one is told at bootstrap, with its cure.
 *
 * @throws FluxgateConfigError when the package is not installed; what it throws itself goes out as it is.
 */
export async function loadOpenTelemetry(
  load: () => Promise<OpenTelemetryApi> = () => import('@opentelemetry/api'),
): Promise<OpenTelemetryApi> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = Object(error) as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !String(message).includes(`'@opentelemetry/api'`)) throw error;
    throw Object.assign(
      new FluxgateConfigError('nestjs-fluxgate/opentelemetry', [
        'it needs the package @opentelemetry/api, which is not installed. Run: npm install @opentelemetry/api',
      ]),
      { cause: error },
    );
  }
}
