import type { BreakerSnapshot, BreakerState } from 'nestjs-fluxgate';

import { paint } from './paint.js';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly isNumber?: boolean;
  text(breaker: BreakerSnapshot): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'breaker', width: 12, text: ({ name }) => name },
  { title: 'state', width: 13, text: ({ state }) => state },
  { title: 'window', width: 13, text: windowText },
  { title: 'ok', width: 7, isNumber: true, text: ({ calls }) => String(calls.success) },
  { title: 'failed', width: 7, isNumber: true, text: ({ calls }) => String(calls.failure) },
  { title: 'ignored', width: 8, isNumber: true, text: ({ calls }) => String(calls.ignored) },
  { title: 'rejected', width: 9, isNumber: true, text: ({ calls }) => String(calls.rejected) },
  { title: '  next probe', width: 14, text: (breaker) => `  ${probeText(breaker)}` },
  { title: 'last error', width: 0, text: ({ lastError }) => lastError ?? '' },
];

/** Where the state stands in a line. */
const STATE = { from: COLUMNS[0]!.width, to: COLUMNS[0]!.width + COLUMNS[1]!.width };

const STYLES: Readonly<Record<BreakerState, Parameters<typeof paint>[0]>> = {
  closed: 'green',
  open: 'red',
  half_open: 'yellow',
  metrics_only: 'cyan',
  disabled: 'gray',
  forced_open: 'magenta',
};

/** The breakers as aligned lines of at most so many characters. */
export function tableLines(breakers: readonly BreakerSnapshot[], width: number): string[] {
  const head = lineOf(width, ({ title }) => title);
  const rows = breakers.map((breaker) => {
    const line = lineOf(width, (column) => column.text(breaker));
    const state = paint(STYLES[breaker.state], line.slice(STATE.from, STATE.to));
    return line.slice(0, STATE.from) + state + line.slice(STATE.to);
  });
  return [paint('bold', head), ...rows];
}

function lineOf(width: number, text: (column: Column) => string): string {
  const cells = COLUMNS.map((column) =>
    column.isNumber === true ? text(column).padStart(column.width) : text(column).padEnd(column.width),
  );
  const line = cells.join('').trimEnd();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function windowText({ metric: { failureCount, totalCount } }: BreakerSnapshot): string {
  return totalCount === 0 ? '-' : `${failureCount}/${totalCount} failed`;
}

function probeText({ state, retryAfterMs, wouldTrip }: BreakerSnapshot): string {
  if (state === 'metrics_only') return wouldTrip ? 'would open' : '-';
  if (retryAfterMs === 0) return 'next call';
  if (retryAfterMs !== null) return `in ${Math.ceil(retryAfterMs / 1000)} s`;
  return state === 'forced_open' || state === 'open' ? 'by reset' : '-';
}
