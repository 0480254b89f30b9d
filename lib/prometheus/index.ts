// nestjs-fluxgate/prometheus: the breakers as metrics, by prom-client.
export { bindPrometheus } from './bind.js';
export { FluxgatePrometheusModule } from './module.js';
export type { FluxgatePrometheusAsyncOptions, FluxgatePrometheusOptions, PromRegistry } from './options.js';
