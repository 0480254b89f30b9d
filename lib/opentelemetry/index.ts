// nestjs-fluxgate/opentelemetry: the breakers as metrics and span events, by @opentelemetry/api.
export { bindOpenTelemetry } from './bind.js';
export { FluxgateOpenTelemetryModule } from './module.js';
export type { FluxgateOpenTelemetryAsyncOptions, FluxgateOpenTelemetryOptions } from './options.js';
