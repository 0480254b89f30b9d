/** In a rush the clock is read for one call in 16 only … */
const UNREAD = 15;
/** … and for one in up to 256 while all of them come within so many ms: among 1024 keys in turn a reading takes 370 ns. */
const UNREAD_DENSE = 255;
const DENSE_MS = 0.25;
/** A rush is on after so many calls in a row that ended less than so many ms after the reading before. */
const ROW = 64;
const CLOSE_MS = 1;

/**
 * Which calls end without a look at the clock?
 *
 * What they used is known to have been used, but not when: only that it was before the rush was over.
 */
export class Rush {
  /** So many calls in a row came close to one another. */
  private inRow = 0;
  private readAtMs = NaN;
  /** How many may go by until the next reading: at first, and still. */
  private most = 0;
  private left = 0;
  /** When the clock was read next after the last call that went by. */
  lastedUntilMs = 0;

  /** A call ended. Does it go by? Else whoever asks has to read the clock. */
  letsBy(): boolean {
    if (this.left > 0) {
      this.left--;
      return true;
    }
    this.inRow = Math.min(this.inRow + 1, ROW);
    return false;
  }

  /** The clock was read, for whatever reason. */
  read(nowMs: number): void {
    const sinceMs = nowMs - this.readAtMs;
    this.readAtMs = nowMs;
    if (this.left < this.most) this.lastedUntilMs = nowMs;
    // A clock that stands still is one of a test, and all is exact there; of one gone astray neither is true.
    const isClose = sinceMs > 0 && sinceMs < CLOSE_MS;
    if (!isClose) this.inRow = 0;
    this.most = this.inRow < ROW ? 0 : this.mostAfter(sinceMs);
    this.left = this.most;
  }

  private mostAfter(sinceMs: number): number {
    // Read for another reason before all went by: how long they take is not known.
    if (this.left > 0 || sinceMs >= DENSE_MS) return UNREAD;
    return Math.min(Math.max(2 * this.most + 1, UNREAD), UNREAD_DENSE);
  }
}
