import type { Breaker, KeyedBreakers, Redact } from '../core/index.js';
import type { Durations, Labels } from './durations.js';
import { KeySeries } from './key-series.js';
import { KEY_LABEL } from './metrics.js';
import { Series, type Handles } from './series.js';
import { Watch } from './watch.js';

/** How a binding wants its breakers to be shown. */
export interface View {
  readonly exemplar: (() => Labels | undefined) | undefined;
  /** The groups whose keys are labels. */
  readonly showKeysOf: ReadonlySet<string>;
  /** Hides secrets in the texts of errors. */
  readonly redact: Redact | undefined;
}

/** The breakers whose series carry the same static labels. */
export class Tenant {
  bindings = 0;
  /** That of its first breaker. */
  redact: Redact | undefined;
  private readonly watches = new Map<Breaker, Watch>();
  private readonly seriesById = new Map<string, Series>();
  /** By the shared breaker of the group, which comes first and goes last. */
  private readonly groups = new Map<Breaker, KeyedBreakers>();
  private readonly keysByName = new Map<string, KeySeries>();

  constructor(
    private readonly labels: Labels,
    private readonly buckets: readonly number[],
    private readonly handles: Handles,
  ) {}

  /** `group` where it is the shared breaker of one. */
  add(breaker: Breaker, { exemplar, showKeysOf, redact }: View, group: KeyedBreakers | undefined): void {
    this.redact ??= redact;
    const watch = this.watches.get(breaker);
    if (watch !== undefined) {
      watch.bindings++;
      return;
    }
    const own = ownLabels(breaker, showKeysOf);
    const id = JSON.stringify(own);
    const series = this.seriesById.get(id) ?? new Series(id, { ...own, ...this.labels }, this.buckets);
    this.seriesById.set(id, series);
    this.watches.set(breaker, new Watch(breaker, series, exemplar));
    if (group !== undefined) this.addGroup(breaker, group);
  }

  /** The last breaker of a label takes its series with it. */
  remove(breaker: Breaker): void {
    const watch = this.watches.get(breaker);
    if (watch === undefined || --watch.bindings > 0) return;
    watch.end();
    this.watches.delete(breaker);
    this.removeGroup(breaker);
    const { series } = watch;
    if (series.readers.size > 0) return;
    this.seriesById.delete(series.id);
    series.remove(this.handles);
  }

  write(): void {
    this.handles.breakers.set(this.labels, this.watches.size);
    for (const series of this.seriesById.values()) series.write(this.handles);
    for (const keys of this.keysByName.values()) keys.write(this.handles);
  }

  /** Nobody carries these labels any more; its breakers are gone already. */
  end(): void {
    this.handles.breakers.remove(this.labels);
  }

  *durations(): Iterable<Durations> {
    for (const { outcomes } of this.seriesById.values()) yield* Object.values(outcomes);
  }

  private addGroup(shared: Breaker, group: KeyedBreakers): void {
    const keys = this.keysByName.get(group.name) ?? new KeySeries({ breaker: group.name, ...this.labels });
    this.keysByName.set(group.name, keys);
    this.groups.set(shared, group);
    keys.add(group);
  }

  private removeGroup(shared: Breaker): void {
    const group = this.groups.get(shared);
    if (group === undefined) return;
    this.groups.delete(shared);
    const keys = this.keysByName.get(group.name)!;
    keys.remove(group);
    if (!keys.isEmpty) return;
    this.keysByName.delete(group.name);
    keys.clear(this.handles);
  }
}

/**
 * What tells the series of a breaker from others; breakers that have the same share their series.
 *
 * Breakers made by key have the name of their group, and no key unless that was asked for: there is no end of keys.
 * Prometheus takes an empty label for none, so the empty key counts with what the group has besides its keys; and two
 * texts that are the same in UTF-8 are one series.
 */
function ownLabels({ name, group, key = '' }: Breaker, showKeysOf: ReadonlySet<string>): Labels {
  const breaker = group ?? name;
  if (key === '' || !showKeysOf.has(breaker)) return { breaker };
  return { breaker, [KEY_LABEL]: key.replace(/\p{Cs}/gu, '\ufffd') };
}
