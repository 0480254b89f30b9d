import type {
  Attributes,
  BatchObservableResult,
  Meter,
  ObservableCounter,
  ObservableUpDownCounter,
} from '@opentelemetry/api';

import type { Breaker, KeyedBreakers, KeyedSnapshot } from '../core/index.js';
import { METRIC } from './names.js';

/** The counters of a group's keys: where the group has their figures, and what they say. */
const COUNTS = [
  ['createdCount', METRIC.creations, '{breaker}', 'Breakers that were made for keys of a group.'],
  [
    'droppedCount',
    METRIC.evictions,
    '{breaker}',
    'Breakers of keys that were dropped: idle, or to make room.',
  ],
  ['overflowCount', METRIC.overflows, '{key}', 'How often a new key found no room in its group.'],
  ['badKeyCount', METRIC.badKeys, '{key}', 'How often what was given as a key was none.'],
] as const satisfies readonly (readonly [keyof KeyedSnapshot, string, string, string])[];

/** The groups that share all their attributes: they are added up. */
class KeySeat {
  /** By the shared breaker of the group, which comes first and goes last. */
  readonly groups = new Map<Breaker, KeyedBreakers>();
  /** Does an SDK know its series? */
  isTold = false;
  /** What those counted that are gone: a sum never falls. */
  private readonly gone = COUNTS.map(() => 0);

  constructor(readonly attributes: Attributes) {}

  remove(shared: Breaker): void {
    const snapshot = this.groups.get(shared)?.snapshot();
    if (snapshot === undefined) return;
    this.groups.delete(shared);
    COUNTS.forEach(([key], i) => (this.gone[i]! += snapshot[key]));
  }

  read(): { readonly size: number; readonly counts: readonly number[] } {
    const all = [...this.groups.values()].map((group) => group.snapshot());
    const sum = (start: number, valueOf: (one: KeyedSnapshot) => number): number =>
      all.reduce((total, one) => total + valueOf(one), start);
    return {
      size: sum(0, (one) => one.size),
      counts: COUNTS.map(([key], i) => sum(this.gone[i]!, (one) => one[key])),
    };
  }
}

/** How the keys of groups come and go, read when metrics are collected. */
export class KeyMeters {
  private readonly size: ObservableUpDownCounter;
  private readonly counters: readonly ObservableCounter[];
  private readonly seats = new Map<string, KeySeat>();
  private isEnding = false;

  constructor(private readonly meter: Meter) {
    this.size = meter.createObservableUpDownCounter(METRIC.keys, {
      unit: '{key}',
      description: 'How many keys of a group have a breaker.',
    });
    this.counters = COUNTS.map(([, name, unit, description]) =>
      meter.createObservableCounter(name, { unit, description }),
    );
    meter.addBatchObservableCallback(this.observe, [this.size, ...this.counters]);
  }

  add(id: string, shared: Breaker, group: KeyedBreakers, attributes: Attributes): void {
    const seat = this.seats.get(id) ?? new KeySeat(attributes);
    this.seats.set(id, seat);
    seat.groups.set(shared, group);
  }

  remove(id: string, shared: Breaker): void {
    const seat = this.seats.get(id);
    seat?.remove(shared);
    if (seat?.groups.size === 0 && !seat.isTold) this.seats.delete(id);
  }

  /** No group is left; the next collection is told so, and is the last one. */
  end(): void {
    this.isEnding = true;
  }

  private readonly observe = (result: BatchObservableResult): void => {
    for (const [id, seat] of this.seats) {
      const { size, counts } = seat.read();
      seat.isTold = true;
      result.observe(this.size, size, seat.attributes);
      this.counters.forEach((counter, i) => result.observe(counter, counts[i]!, seat.attributes));
      // Told 0 once: an SDK repeats the last value for ever.
      if (seat.groups.size === 0) this.seats.delete(id);
    }
    if (!this.isEnding) return;
    this.meter.removeBatchObservableCallback(this.observe, [this.size, ...this.counters]);
  };
}
