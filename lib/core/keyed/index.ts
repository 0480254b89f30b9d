export { KeyedBreakers } from './keyed-breakers.js';
export {
  breakerProblems,
  hasKeys,
  takenOptions,
  type KeyedBreakerOptions,
  type KeyedEnvironment,
  type KeysOptions,
  type PageOptions,
  type WhenFull,
} from './options.js';
