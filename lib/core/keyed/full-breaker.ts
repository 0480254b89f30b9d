import { PAUSE_MS, type Room } from '../available.js';
import { Breaker } from '../breaker.js';
import type { RejectionReason } from '../model/outcome.js';

/** What a new key gets when all are in use and `whenFull` is `'reject'`: no circuit is open, there is just no room. */
export class FullBreaker extends Breaker {
  /** Nobody passes without being asked. */
  override pass(): undefined {}

  /** There is never room here. Who waits is told after a while, to ask the group again. */
  override room(): Room {
    const room = super.room();
    return { ...room, readyAtMs: room.nowMs + PAUSE_MS };
  }

  protected override refuse(nowMs: number): RejectionReason {
    return super.refuse(nowMs) ?? 'keys_full';
  }
}
