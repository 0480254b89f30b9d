/** In a rush the clock is read for one call in 8 only: that takes 45 ns, of a call of 430. */
const UNREAD = 7;
/** One place in so many, at most, may be kept longer for it. */
const PLACES_EACH = 100;
/** A rush is on after so many calls in a row that ended less than so many ms after the reading before. */
const ROW = 64;
const CLOSE_MS = 1;

/**
 * Which calls end without a look at the clock?
 *
 * What they used waits for the next reading, whoever takes it, and is stamped with that: later than the truth, so it is
 * kept a little longer, and never goes too early.
 */
export class Rush<Item> {
  /** So many calls in a row came close to one another. */
  private inRow = 0;
  private readAtMs = NaN;
  /** The first `count` wait; those after them are of before. */
  private readonly waiting: Item[] = [];
  private count = 0;
  /** How many may wait in a rush … */
  private readonly mostInRush: number;
  /** … and now. */
  private most = 0;

  constructor(
    maxItems: number,
    private readonly stamp: (item: Item, nowMs: number) => void,
  ) {
    this.mostInRush = Math.min(UNREAD, Math.floor(maxItems / PLACES_EACH));
  }

  /** A call of it ended. Does it wait? Else whoever asks has to read the clock. */
  takes(item: Item): boolean {
    if (this.count < this.most) {
      this.waiting[this.count++] = item;
      return true;
    }
    this.inRow = Math.min(this.inRow + 1, ROW);
    return false;
  }

  /** The clock was read, for whatever reason. */
  read(nowMs: number): void {
    const sinceMs = nowMs - this.readAtMs;
    this.readAtMs = nowMs;
    // A clock that stands still is one of a test, and all is exact there; of one gone astray neither is true.
    const isClose = sinceMs > 0 && sinceMs < CLOSE_MS;
    if (!isClose) this.inRow = 0;
    this.most = this.inRow < ROW ? 0 : this.mostInRush;
    this.stampAll(nowMs);
  }

  /** Nothing waits any more. */
  stampAll(nowMs: number): void {
    const { waiting, count } = this;
    for (let i = 0; i < count; i++) this.stamp(waiting[i]!, nowMs);
    this.count = 0;
  }
}
