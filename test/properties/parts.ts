import { Custom, Tripper, type BreakerOptions, type Permit, type TripContext } from 'nestjs-fluxgate';

import { Thrown } from './endings.js';
import type { Setup } from './model.js';
import { permitOf, retryOf, tripperOf, windowOf } from './rules.js';

/** A tripper that can be broken while it runs. */
class Breakable extends Tripper {
  isBroken = false;
  thrown = 0;
  override readonly slowThresholdsMs: readonly number[];
  override readonly evidence: number;

  constructor(private readonly inner: Tripper) {
    super();
    this.slowThresholdsMs = inner.slowThresholdsMs;
    this.evidence = inner.evidence;
  }

  isTripped(context: TripContext): boolean {
    if (!this.isBroken) return this.inner.isTripped(context);
    this.thrown++;
    throw new Error('the tripper is broken');
  }

  override reach(...args: Parameters<Tripper['reach']>): ReturnType<Tripper['reach']> {
    return this.inner.reach(...args);
  }
}

/** The parts of one breaker, which can be broken and count how often they threw. */
export class Parts {
  readonly tripper: Breakable;
  isPermitBroken = false;
  private thrownByPermit = 0;
  private thrownByTracker = 0;
  private thrownByIgnore = 0;

  constructor(
    private readonly setup: Setup,
    /** Called first when the permit is asked. */
    private readonly onPermitAsked: () => void,
  ) {
    this.tripper = new Breakable(tripperOf(setup.rule));
  }

  /** How often each threw: so many faults are to be told. */
  get thrown(): Readonly<Record<'tripper' | 'permit' | 'tracker' | 'ignore', number>> {
    return {
      tripper: this.tripper.thrown,
      permit: this.thrownByPermit,
      tracker: this.thrownByTracker,
      ignore: this.thrownByIgnore,
    };
  }

  options(): BreakerOptions {
    const { setup, tripper } = this;
    return {
      window: windowOf(setup.window),
      tripper,
      retry: retryOf(setup.retry),
      permit: this.permit(),
      tracker: Custom((error) => this.isFailure(error)),
      ignore: Custom((error) => this.isIgnored(error)),
      trackResult: (value) => (value as { isBad?: boolean }).isBad === true,
      maxHalfOpenCalls: setup.maxHalfOpenCalls,
      ...(setup.maxHalfOpenMs === Infinity ? {} : { maxHalfOpenMs: setup.maxHalfOpenMs }),
      timeoutMs: setup.timeoutMs,
      probeLeaseMs: setup.probeLeaseMs,
      untracked: setup.untracked,
      listeners: nuisances(),
    };
  }

  private permit(): Pick<Permit, 'isPermitted'> {
    const inner = permitOf(this.setup.permit);
    return {
      isPermitted: (context) => {
        this.onPermitAsked();
        if (!this.isPermitBroken) return inner.isPermitted(context);
        this.thrownByPermit++;
        throw new Error('the permit is broken');
      },
    };
  }

  private isFailure(error: unknown): boolean {
    const { outcome } = error as Thrown;
    if (outcome === 'tracker throws') {
      this.thrownByTracker++;
      throw new Error('the tracker is broken');
    }
    // Also what is ignored, for `ignore` is asked first.
    return outcome !== 'untracked';
  }

  private isIgnored(error: unknown): boolean {
    const { outcome } = error as Thrown;
    if (outcome === 'ignore throws') {
      this.thrownByIgnore++;
      throw new Error('ignore is broken');
    }
    return outcome === 'ignored';
  }
}

/** Listeners that throw, reject and hang: no call may feel them. */
function nuisances(): NonNullable<BreakerOptions['listeners']> {
  return [
    {
      onTransition: () => {
        throw new Error('a listener throws');
      },
    },
    { onCall: () => Promise.reject(new Error('a listener rejects')) },
    { onRejected: () => new Promise(() => undefined) },
  ];
}
