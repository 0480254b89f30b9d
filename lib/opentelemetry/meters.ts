import type {
  Attributes,
  Counter,
  Histogram,
  Meter,
  ObservableResult,
  ObservableUpDownCounter,
} from '@opentelemetry/api';

import {
  STATES,
  type Breaker,
  type BreakerRegistry,
  type BreakerState,
  type CallSignal,
  type KeyedBreakers,
  type Listener,
  type RejectedSignal,
  type TransitionSignal,
  type WouldTripSignal,
} from '../core/index.js';
import { groupSharing } from '../nest/index.js';
import { KeyMeters } from './key-meters.js';
import { ATTRIBUTE, idOf, METRIC, outcomeOf } from './names.js';

/** The bounds of the HTTP duration metrics of the semantic conventions, in seconds. A view may set others. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

interface Instruments {
  readonly duration: Histogram;
  readonly rejections: Counter;
  readonly transitions: Counter;
  readonly wouldTrip: Counter;
}

/** Attribute sets by what makes them differ: made once, not in every call. */
class AttributeSets {
  private readonly sets = new Map<string, Attributes>();

  constructor(private readonly base: Attributes) {}

  of(key: string, own: () => Attributes): Attributes {
    let set = this.sets.get(key);
    if (set === undefined) this.sets.set(key, (set = { ...this.base, ...own() }));
    return set;
  }
}

/** What one breaker tells, as measurements. */
class BreakerMeter implements Listener {
  /** How many bindings brought this breaker. */
  bindings = 1;
  readonly stop: () => void;
  private readonly outcomes: AttributeSets;
  private readonly reasons: AttributeSets;
  private readonly moves: AttributeSets;

  constructor(
    private readonly instruments: Instruments,
    private readonly base: Attributes,
    breaker: Breaker,
  ) {
    this.outcomes = new AttributeSets(base);
    this.reasons = new AttributeSets(base);
    this.moves = new AttributeSets(base);
    this.stop = breaker.subscribe(this);
  }

  onCall(signal: CallSignal): void {
    const { durationMs } = signal;
    const outcome = outcomeOf(signal);
    const attributes = this.outcomes.of(outcome, () => ({ [ATTRIBUTE.outcome]: outcome }));
    // A clock gone astray gives NaN or less than nothing; one such value would spoil the sum for ever.
    this.instruments.duration.record(durationMs > 0 ? durationMs / 1000 : 0, attributes);
  }

  onRejected({ reason }: RejectedSignal): void {
    const attributes = this.reasons.of(reason, () => ({ [ATTRIBUTE.reason]: reason }));
    this.instruments.rejections.add(1, attributes);
  }

  onTransition({ from, to, cause }: TransitionSignal): void {
    const attributes = this.moves.of(`${from} ${to} ${cause}`, () => ({
      [ATTRIBUTE.from]: from,
      [ATTRIBUTE.to]: to,
      [ATTRIBUTE.cause]: cause,
    }));
    this.instruments.transitions.add(1, attributes);
  }

  onWouldTrip({ wouldTrip }: WouldTripSignal): void {
    if (wouldTrip) this.instruments.wouldTrip.add(1, this.base);
  }
}

/** The breakers that share all their attributes, and so their series: they are added up. */
class Seat {
  readonly breakers = new Map<Breaker, BreakerMeter>();
  /** Does an SDK know its series? */
  isTold = false;
  private readonly states: ReadonlyMap<BreakerState, Attributes>;

  constructor(readonly base: Attributes) {
    this.states = new Map(STATES.map((state) => [state, { ...base, [ATTRIBUTE.state]: state }]));
  }

  observe(result: ObservableResult): void {
    this.isTold = true;
    const now = [...this.breakers.keys()].map(({ state }) => state);
    for (const [state, attributes] of this.states) {
      result.observe(now.filter((one) => one === state).length, attributes);
    }
  }
}

/** The metrics of one meter, shared by all that are bound to it. */
class Board {
  static readonly ofMeter = new WeakMap<Meter, Board>();
  private readonly instruments: Instruments;
  private readonly status: ObservableUpDownCounter;
  private readonly seats = new Map<string, Seat>();
  /** Seats whose last breaker is gone. An SDK repeats the last value for ever, so it is told 0 once. */
  private readonly left = new Map<string, Seat>();
  /** Made for the first group. */
  private keys: KeyMeters | undefined;

  constructor(private readonly meter: Meter) {
    this.status = meter.createObservableUpDownCounter(METRIC.status, {
      unit: '1',
      description: '1 for the state the circuit is in, 0 for the others.',
    });
    this.status.addCallback(this.observe);
    this.instruments = {
      duration: meter.createHistogram(METRIC.duration, {
        unit: 's',
        description: 'How long calls took that were let in and have ended.',
        advice: { explicitBucketBoundaries: BOUNDS },
      }),
      rejections: meter.createCounter(METRIC.rejections, {
        unit: '{call}',
        description: 'Calls that were not let in.',
      }),
      transitions: meter.createCounter(METRIC.transitions, {
        unit: '{transition}',
        description: 'Moves of the circuit from one state to another.',
      }),
      wouldTrip: meter.createCounter(METRIC.wouldTrip, {
        unit: '{trip}',
        description: 'How often the circuit would have opened while it was metrics_only.',
      }),
    };
  }

  /** `group` where it is the shared breaker of one. */
  add(breaker: Breaker, view: View, group: KeyedBreakers | undefined): void {
    const base = baseOf(breaker, view);
    const id = idOf(base);
    const seat = this.seats.get(id) ?? this.left.get(id) ?? new Seat(base);
    this.left.delete(id);
    this.seats.set(id, seat);
    const known = seat.breakers.get(breaker);
    if (known === undefined) seat.breakers.set(breaker, new BreakerMeter(this.instruments, base, breaker));
    else known.bindings++;
    if (group !== undefined) (this.keys ??= new KeyMeters(this.meter)).add(id, breaker, group, base);
  }

  remove(breaker: Breaker, view: View): void {
    const id = idOf(baseOf(breaker, view));
    const seat = this.seats.get(id);
    const known = seat?.breakers.get(breaker);
    if (seat === undefined || known === undefined || --known.bindings > 0) return;
    known.stop();
    seat.breakers.delete(breaker);
    this.keys?.remove(id, breaker);
    if (seat.breakers.size > 0) return;
    this.seats.delete(id);
    if (seat.isTold) this.left.set(id, seat);
  }

  private readonly observe = (result: ObservableResult): void => {
    for (const seat of this.seats.values()) seat.observe(result);
    for (const seat of this.left.values()) seat.observe(result);
    this.left.clear();
    if (this.seats.size > 0) return;
    this.status.removeCallback(this.observe);
    this.keys?.end();
    Board.ofMeter.delete(this.meter);
  };
}

/** How a binding wants its breakers to be told. */
export interface View {
  readonly attributes: Attributes;
  /** The groups whose keys are attributes. */
  readonly showKeysOf: ReadonlySet<string>;
}

/**
 * The attributes that name the breaker, and the static ones.
 *
 * Breakers made by key have the name of their group, and no key unless that was asked for: there is no end of keys.
 */
function baseOf({ name, group, key }: Breaker, { attributes, showKeysOf }: View): Attributes {
  const breaker = group ?? name;
  const isShown = key !== undefined && showKeysOf.has(breaker);
  return {
    ...attributes,
    [ATTRIBUTE.name]: breaker,
    ...(isShown ? { [ATTRIBUTE.key]: key } : {}),
  };
}

/** Tells the breakers of a registry to a meter: those there are, and those that come and go. */
export function meterBreakers(meter: Meter, breakers: BreakerRegistry, view: View): () => void {
  const add = (breaker: Breaker): void => {
    const board = Board.ofMeter.get(meter) ?? new Board(meter);
    Board.ofMeter.set(meter, board);
    board.add(breaker, view, groupSharing(breaker, breakers));
  };
  const remove = (breaker: Breaker): void => Board.ofMeter.get(meter)?.remove(breaker, view);
  const unwatch = breakers.watch({ onAdded: add, onRemoved: remove });
  return () => {
    unwatch();
    breakers.all().forEach(remove);
  };
}
