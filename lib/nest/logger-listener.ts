import { Logger, type LoggerService } from '@nestjs/common';

import {
  explanationText,
  oneLine,
  RedactFault,
  showError,
  type FaultSignal,
  type Listener,
  type MetricSnapshot,
  type Redact,
  type TransitionSignal,
  type WouldTripSignal,
} from '../core/index.js';

/** A fault of the same kind is logged once in this time. */
const FAULT_PAUSE_MS = 60_000;
/** Of so many kinds it is remembered: breakers come and go. */
const MOST_FAULTS = 1000;

/**
 * Logs what an operator wants to read at night: open = error, half-open = warn, closed = log.
 *
 * On by default. Replace it by `logger: false` and a listener of your own; this class may be extended.
 */
export class LoggerListener implements Listener {
  private readonly toldFaults = new Map<string, number>();

  /**
   * @param logger default: a Nest `Logger` called `Fluxgate`.
   * @param redact hides secrets in the texts of errors; the module gives its own. Default: nothing is hidden.
   */
  constructor(
    private readonly logger: LoggerService = new Logger('Fluxgate'),
    private readonly redact?: Redact,
  ) {}

  onTransition(signal: TransitionSignal): void {
    let fault: RedactFault | undefined;
    const show = (error: unknown): string =>
      showError(error, this.redact, (thrown) => {
        fault = new RedactFault(thrown);
      });
    this.logTransition(signal, transitionText(signal, show) + whyText(signal));
    if (fault !== undefined) throw fault;
  }

  private logTransition(signal: TransitionSignal, text: string): void {
    if (signal.to === 'open' || signal.to === 'forced_open') this.logger.error(text);
    else if (signal.to === 'closed') this.logger.log(text);
    else this.logger.warn(text);
  }

  onWouldTrip(signal: WouldTripSignal): void {
    const name = oneLine(signal.breaker);
    if (signal.wouldTrip)
      this.logger.warn(
        `${name} would open now (metrics_only): ${oneLine(signal.rule, 512)}; ${figures(signal.metric)}`,
      );
    else this.logger.log(`${name} would no longer open (metrics_only): ${figures(signal.metric)}`);
  }

  /** Every kind of fault at most once a minute and breaker: they may come with every call. */
  onFault(signal: FaultSignal): void {
    // Of the whole group, where there is a breaker per key: there is no end of keys.
    const kind = `${signal.group ?? signal.breaker} ${signal.source}`;
    const last = this.toldFaults.get(kind) ?? NaN;
    // `at` is wall time: a clock that was set back must not silence faults for hours.
    if (Math.abs(signal.at - last) < FAULT_PAUSE_MS) return;
    this.remember(kind, signal.at);
    this.logger.warn(
      `${oneLine(signal.breaker)}: its ${signal.source} failed (calls go on; told once a minute): ${showError(signal.error, this.redact)}`,
    );
  }

  /** Those told longest ago are forgotten first. */
  private remember(kind: string, at: number): void {
    const { toldFaults } = this;
    toldFaults.delete(kind);
    toldFaults.set(kind, at);
    for (const oldest of toldFaults.keys()) {
      if (toldFaults.size <= MOST_FAULTS) return;
      toldFaults.delete(oldest);
    }
  }
}

function transitionText(signal: TransitionSignal, show: (error: unknown) => string): string {
  const parts = [`${oneLine(signal.breaker)}: ${signal.from} → ${signal.to} (${causeText(signal)})`];
  if (signal.metric.totalCount > 0) parts.push(figures(signal.metric));
  if (signal.lastError !== undefined) parts.push(`last error: ${show(signal.lastError)}`);
  const probesFrom = new Date(signal.retryAt ?? NaN);
  // A wait of many thousand years ends beyond the calendar, and toISOString would throw.
  if (!Number.isNaN(probesFrom.getTime())) {
    const source = signal.waitSource === undefined ? '' : ` (${signal.waitSource})`;
    parts.push(`probes from ${probesFrom.toISOString()}${source}`);
  }
  return parts.join('; ');
}

/** The tree below the line, in the same entry: two lines that other lines come between are none. */
function whyText({ to, explanation }: TransitionSignal): string {
  if (to !== 'open' || explanation === null) return '';
  return `\n${explanationText(explanation).replace(/^/gm, '  ')}`;
}

function causeText({ cause, rule, operatorReason }: TransitionSignal): string {
  if (cause === 'operator')
    return operatorReason === undefined ? 'operator' : `operator: ${oneLine(operatorReason)}`;
  if (cause === 'restore') return 'restored from a snapshot';
  return cause === 'timeout' ? 'time limit' : `${cause} ${oneLine(rule, 512)}`;
}

function figures({ totalCount, failureCount, failureRate, avgDurationMs, slow }: MetricSnapshot): string {
  const rates = [
    `${failureCount}/${totalCount} failed (${Math.round(failureRate * 100)} %)`,
    ...slow.map(({ count, thresholdMs }) => `${count} slower than ${thresholdMs} ms`),
    `avg ${Math.round(avgDurationMs)} ms`,
  ];
  return rates.join(', ');
}
