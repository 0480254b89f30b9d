import type { Listener, Signal } from '../core/index.js';

/**
 * A listener that keeps every signal it hears, in order.
 *
 * Subscribed to a breaker it makes the breaker tell calls and rejections too.
 */
export class RecordingListener implements Listener {
  readonly signals: Signal[] = [];

  readonly onTransition = (signal: Signal): void => this.keep(signal);
  readonly onCall = (signal: Signal): void => this.keep(signal);
  readonly onRejected = (signal: Signal): void => this.keep(signal);
  readonly onFallback = (signal: Signal): void => this.keep(signal);
  readonly onWouldTrip = (signal: Signal): void => this.keep(signal);
  readonly onReconfigured = (signal: Signal): void => this.keep(signal);
  readonly onFault = (signal: Signal): void => this.keep(signal);

  /** The signals of one kind. */
  of<K extends Signal['kind']>(kind: K): Extract<Signal, { kind: K }>[] {
    return this.signals.filter((signal): signal is Extract<Signal, { kind: K }> => signal.kind === kind);
  }

  /** The moves, as `closed → open (tripper)`. */
  moves(): string[] {
    return this.of('transition').map(({ from, to, cause }) => `${from} → ${to} (${cause})`);
  }

  clear(): void {
    this.signals.length = 0;
  }

  private keep(signal: Signal): void {
    this.signals.push(signal);
  }
}
