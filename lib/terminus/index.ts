// nestjs-fluxgate/terminus: the breakers as a health indicator of @nestjs/terminus.
export {
  FluxgateHealthIndicator,
  type BreakerHealth,
  type KeyedHealth,
  type FluxgateHealth,
} from './indicator.js';
export { FluxgateTerminusModule } from './module.js';
export type { BreakerHealthOptions, FailingState, FluxgateHealthOptions } from './options.js';
