export { KeyedBreakers, type KeyedEnvironment } from './keyed-breakers.js';
export {
  breakerProblems,
  hasKeys,
  type KeyedBreakerOptions,
  type KeysOptions,
  type PageOptions,
  type WhenFull,
} from './options.js';
