import { Breaker } from '../breaker.js';
import type { RejectionReason } from '../model/outcome.js';

/** What a new key gets when all are in use and `whenFull` is `'reject'`: no circuit is open, there is just no room. */
export class FullBreaker extends Breaker {
  /** Nobody passes without being asked. */
  override pass(): undefined {}

  protected override refuse(nowMs: number): RejectionReason {
    return super.refuse(nowMs) ?? 'keys_full';
  }
}
