import type { KeyedBreakers, KeyedSnapshot } from '../core/index.js';
import type { Labels } from './durations.js';
import type { Handles } from './series.js';

/** The counters of a group's keys, and where the group has their figures. */
const COUNTS = {
  creations: 'createdCount',
  evictions: 'droppedCount',
  overflows: 'overflowCount',
  badKeys: 'badKeyCount',
} as const satisfies Partial<Record<keyof Handles, keyof KeyedSnapshot>>;

const COUNTERS = Object.keys(COUNTS) as (keyof typeof COUNTS)[];

/**
 * How the keys of a group come and go, read at the scrape.
 *
 * Groups that share the label (two apps in one process) share the series; they are added up.
 */
export class KeySeries {
  /** What the counters have been told of each already. */
  private readonly told = new Map<KeyedBreakers, Record<keyof typeof COUNTS, number>>();

  constructor(private readonly labels: Labels) {}

  get isEmpty(): boolean {
    return this.told.size === 0;
  }

  add(group: KeyedBreakers): void {
    this.told.set(group, { creations: 0, evictions: 0, overflows: 0, badKeys: 0 });
  }

  remove(group: KeyedBreakers): void {
    this.told.delete(group);
  }

  /** Brings every series up to date. */
  write(handles: Handles): void {
    let size = 0;
    for (const [group, told] of this.told) {
      const now = group.snapshot();
      size += now.size;
      for (const counter of COUNTERS) {
        handles[counter].inc(this.labels, now[COUNTS[counter]] - told[counter]);
        told[counter] = now[COUNTS[counter]];
      }
    }
    handles.keys.set(this.labels, size);
  }

  /** Takes every series away. */
  clear(handles: Handles): void {
    for (const metric of ['keys', ...COUNTERS] as const) handles[metric].remove(this.labels);
  }
}
