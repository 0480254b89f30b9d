import type { Breaker } from '../breaker.js';
import type { Entry } from './entry.js';
import type { News } from './news.js';
import type { PageOptions } from './options.js';
import { Recency } from './recency.js';

/** How many entries one new key may look at; what it leaves is saved for a longer look. */
const LOOKS_PER_KEY = 8;
/** How many looks may be saved up: one new key must not look at a million. */
const MOST_LOOKS = 1000;
/** How many idle entries a call looks at when it ends. */
const LOOKS_PER_CALL = 2;

/** How many entries there may be, and how long they are kept. */
interface Limits {
  readonly max: number;
  readonly idleMs: number;
  /** How long what a breaker remembers counts after its last use, where its window does not forget by time. */
  readonly evidenceMs: number;
}

/** Some entries, and where the next page begins; `null` when there is none. */
export interface Page {
  readonly entries: Entry[];
  readonly next: number | null;
}

/**
 * The breakers of a group by key: at most `max`; those used longest ago go first, those in use never. An open circuit
 * that nobody calls any more goes too, some time after its wait is over.
 *
 * There is no timer. A new key looks for one that can go among those used longest ago, and every call that
 * ends at whether the one used longest ago is idle. Both look at a few only; so each call costs the same, however many
 * there are.
 */
export class Entries {
  createdCount = 0;
  droppedCount = 0;
  /** Not to the entries: with a thousand keys in turn, each step on the way to the breaker is a miss of the caches. */
  private readonly byKey = new Map<string, Breaker>();
  private readonly recency = new Recency<Entry>();
  private looksLeft = 0;
  private lastPlace = 0;
  evidenceMs: number;

  constructor(
    private readonly limits: Limits,
    private readonly news: News,
  ) {
    this.evidenceMs = limits.evidenceMs;
  }

  get size(): number {
    return this.byKey.size;
  }

  get(key: string): Breaker | undefined {
    return this.byKey.get(key);
  }

  /** In the order of their creation. */
  values(): Iterable<Breaker> {
    return this.byKey.values();
  }

  /** At most `limit` of those that were created after the place `after`. */
  page({ after, limit }: Required<PageOptions>): Page {
    const entries: Entry[] = [];
    for (const { seat } of this.byKey.values()) {
      const entry = seat as Entry;
      if (entry.place <= after) continue;
      if (entries.length === limit) return { entries, next: entries.at(-1)!.place };
      entries.push(entry);
    }
    return { entries, next: null };
  }

  /** Is there room for one more? Makes some, if something can go. */
  hasRoom(nowMs: number): boolean {
    const { size } = this.byKey;
    // Twice round: those that are spared go at the second look.
    this.looksLeft = Math.min(this.looksLeft + LOOKS_PER_KEY, 2 * size, MOST_LOOKS);
    if (size < this.limits.max) return true;
    for (; this.looksLeft > 0; this.looksLeft--) {
      const entry = this.recency.oldest!;
      if (this.mayGo(entry, nowMs) && !this.spares(entry)) {
        this.drop(entry);
        return true;
      }
      // To the end of the line: the next one to look comes to others.
      this.recency.renew(entry, nowMs);
    }
    return false;
  }

  add(entry: Entry, nowMs: number): void {
    entry.place = ++this.lastPlace;
    this.byKey.set(entry.origin.key, entry.breaker);
    this.recency.push(entry, nowMs);
    this.createdCount++;
    this.news.add('onAdded', entry.breaker);
  }

  /** It is in use: those that are idle may go instead. */
  renew(entry: Entry, nowMs: number): void {
    // To move it touches three others, and within a hundredth of the idle time none of them may go for its place.
    if (nowMs - entry.listedAtMs >= this.limits.idleMs / 100) this.recency.renew(entry, nowMs);
    for (let looks = LOOKS_PER_CALL; looks > 0; looks--) {
      const oldest = this.recency.oldest!;
      if (nowMs - oldest.listedAtMs < this.limits.idleMs) return;
      if (this.mayGo(oldest, nowMs)) this.drop(oldest);
      else this.recency.renew(oldest, nowMs);
    }
  }

  /** Would a new breaker of that key be just like it, or has it been waiting for nothing but a call, for too long? */
  private mayGo(entry: Entry, nowMs: number): boolean {
    const { breaker } = entry;
    const restsFromMs = breaker.restsFromMs();
    if (restsFromMs > nowMs) return false;
    const unusedMs = nowMs - entry.usedAtMs;
    entry.isInTrouble = restsFromMs > -Infinity;
    if (entry.isInTrouble) return Math.min(unusedMs, nowMs - restsFromMs) >= this.limits.idleMs;
    return unusedMs >= this.evidenceMs || breaker.rememberedCount(nowMs) === 0;
  }

  /**
   * Is one that may go left there this once? A circuit in trouble that had a success before goes only when a whole turn
   * found nothing else: who makes up keys that always fail takes no place from those that are real.
   */
  private spares(entry: Entry): boolean {
    if (entry.wasSpared || !entry.isInTrouble || !entry.breaker.hadSuccess) return false;
    entry.wasSpared = true;
    return true;
  }

  private drop(entry: Entry): void {
    entry.place = 0;
    this.byKey.delete(entry.origin.key);
    this.recency.remove(entry);
    entry.breaker.leaveSeat();
    this.droppedCount++;
    this.news.add('onRemoved', entry.breaker);
  }
}
