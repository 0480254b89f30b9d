import { performance } from 'node:perf_hooks';

import type { BreakerState } from 'nestjs-fluxgate';

import { paint } from '../terminal/paint.js';
import type { Payment } from './client.js';

/** Prints what happens, with the time at which it did. */
export class Timeline {
  private readonly beganAtMs = performance.now();
  private steps = 0;

  get seconds(): string {
    return `${((performance.now() - this.beganAtMs) / 1000).toFixed(2)} s`;
  }

  step(title: string): void {
    console.log(
      `\n${paint('gray', this.seconds.padStart(8))}  ${paint('bold', `${++this.steps}  ${title}`)}`,
    );
  }

  /** What somebody said, as it is. */
  show(text: string): void {
    console.log(text.replace(/^/gm, ' '.repeat(15)));
  }

  /** @throws when it does not hold. */
  hold(what: string, isTrue: boolean, instead = ''): void {
    if (!isTrue) throw new Error(`step ${this.steps} does not hold: ${what}${instead && `; got ${instead}`}`);
    console.log(`${' '.repeat(13)}${paint('green', '✓')} ${what}`);
  }
}

const CIRCUIT: Readonly<Partial<Record<BreakerState, string>>> = {
  closed: paint('green', '_'),
  half_open: paint('yellow', '-'),
  open: paint('red', '▀'),
};

/** One column per payment: what the customer got, whether the acquirer was asked, how the circuit stood then. */
export function picture(payments: readonly Payment[]): string {
  const row = (title: string, mark: (payment: Payment) => string): string =>
    `  ${title.padEnd(10)}${payments.map(mark).join('')}`;
  return [
    row('customer', ({ status }) => markOf(status)),
    row('acquirer', ({ hasReached }) => (hasReached ? '●' : ' ')),
    row('circuit', ({ state }) => CIRCUIT[state] ?? '?'),
    '',
    '  customer  ✓ paid    ✗ failed   · turned away at once',
    '  acquirer  ● was asked',
    '  circuit   _ closed  ▀ open     - half-open',
  ].join('\n');
}

function markOf(status: number): string {
  if (status === 503) return '·';
  return status < 400 ? paint('green', '✓') : paint('red', '✗');
}
