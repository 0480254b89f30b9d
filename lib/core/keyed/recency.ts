/** A link in the chain; it is in none until it is pushed. */
export interface Link {
  /** When it was put at the end of the chain, in whole ms, rounded up. */
  listedAtMs: number;
  older: Link | undefined;
  newer: Link | undefined;
}

/** Which was used longest ago? A chain in order of use; every step of it costs the same, whatever its length. */
export class Recency<Item extends Link> {
  oldest: Item | undefined;
  private newest: Item | undefined;

  /** Puts one that is in no chain at the end. */
  push(item: Item, nowMs: number): void {
    item.listedAtMs = Math.ceil(nowMs);
    item.older = this.newest;
    item.newer = undefined;
    if (this.newest === undefined) this.oldest = item;
    else this.newest.newer = item;
    this.newest = item;
  }

  /** Puts one of the chain at its end. */
  renew(item: Item, nowMs: number): void {
    this.remove(item);
    this.push(item, nowMs);
  }

  remove(item: Item): void {
    const { older, newer } = item;
    if (older === undefined) this.oldest = newer as Item | undefined;
    else older.newer = newer;
    if (newer === undefined) this.newest = older as Item | undefined;
    else newer.older = older;
    item.older = undefined;
    item.newer = undefined;
  }
}
