/** Objects that come and go: it keeps none of them alive, and is never much longer than what is there. */
export class WeakList<T extends object> {
  private refs: WeakRef<T>[] = [];

  add(item: T): void {
    this.refs.push(new WeakRef(item));
    // At powers of two: each look through all of them is paid for by as many that came.
    if ((this.refs.length & (this.refs.length - 1)) === 0) {
      this.refs = this.refs.filter((ref) => ref.deref() !== undefined);
    }
  }

  /** Those that are there, in the order in which they came. */
  all(): T[] {
    return this.refs.map((ref) => ref.deref()).filter((item) => item !== undefined);
  }
}
