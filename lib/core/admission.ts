import type { RandomSource } from './base/random.js';
import type { CallNotPermittedException } from './model/exceptions.js';
import type { RejectionReason } from './model/outcome.js';
import type { Mover } from './mover.js';
import { rejectionOf } from './rejection.js';
import type { HalfOpen } from './states.js';

/** admit: may this call go? */
export class Admission {
  constructor(
    private readonly breaker: string,
    private readonly mover: Mover,
    private readonly random: RandomSource,
  ) {}

  /** The error of a call that is not let in, the `seq`th; told. */
  rejection(reason: RejectionReason, nowMs: number, seq: number): CallNotPermittedException {
    const { mover } = this;
    const { rejectionStackTraces } = mover.policy;
    const error = rejectionOf(this.breaker, mover.circuit, reason, nowMs, rejectionStackTraces);
    mover.tellRejected(seq, error);
    return error;
  }

  /** Why not, if not. The call that finds a wait over moves the circuit and is its first probe. */
  refuse(nowMs: number): RejectionReason | undefined {
    const { circuit } = this.mover;
    switch (circuit.state) {
      case 'open':
      case 'forced_open':
        if (nowMs < circuit.endsAtMs) return circuit.state;
        this.mover.toHalfOpen(circuit.state === 'open' ? 'retry' : 'timeout', nowMs);
        return undefined;
      case 'half_open':
        return this.refuseProbe(circuit, nowMs);
    }
    return undefined;
  }

  private refuseProbe(circuit: HalfOpen, nowMs: number): RejectionReason | undefined {
    const { random, mover } = this;
    const { policy } = mover;
    if (circuit.probes.length >= policy.maxHalfOpenCalls) return 'half_open';
    const context = { halfOpenForMs: nowMs - circuit.sinceMs, random };
    // A permit at fault lets the call probe: a "no" for ever would keep the circuit half-open.
    const isPermitted = mover.guard('permit', () => policy.permit.isPermitted(context)) ?? true;
    // A permit that called the breaker may have moved it, or taken the last slot.
    if (mover.circuit !== circuit) return this.refuse(nowMs);
    if (!isPermitted) {
      circuit.refusedAtMs = nowMs;
      return 'no_permit';
    }
    return circuit.probes.length >= policy.maxHalfOpenCalls ? 'half_open' : undefined;
  }
}
