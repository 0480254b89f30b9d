export {
  Always,
  Backoff,
  Cooldown,
  Never,
  toRetry,
  type BackoffOptions,
  type CooldownOptions,
  type Retry,
  type RetryLike,
} from './retries.js';
export { ServerRetryAfter, type ServerRetryAfterOptions } from './server-retry-after.js';
