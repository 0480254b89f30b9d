import type { LoggerService } from '@nestjs/common';

import { showError, type Clock, type Redact } from '../core/index.js';
import { showDuration } from './message.js';

/** Where the package says that alerts do not get through. What the logger throws is nobody's. */
export class AlertsLog {
  private readonly toldFaults = new Set<string>();

  constructor(
    private readonly logger: LoggerService | false,
    private readonly redact?: Redact,
  ) {}

  warn(text: string): void {
    this.say('warn', text);
  }

  info(text: string): void {
    this.say('log', text);
  }

  /** Something of the user's own code failed: told once. */
  fault(what: string, instead: string, error: unknown): void {
    if (this.toldFaults.has(what)) return;
    this.toldFaults.add(what);
    this.warn(`${what} failed, so ${instead} (told once): ${showError(error, this.redact)}`);
  }

  private say(level: 'warn' | 'log', text: string): void {
    if (this.logger === false) return;
    try {
      this.logger[level](text);
    } catch {
      // There is nobody left to tell.
    }
  }
}

/** Does a receiver take alerts? Told when it stops, and when it starts again. */
export class ReceiverLog {
  private downSinceMs: number | undefined;
  private failures = 0;
  private lost = 0;

  constructor(
    private readonly name: string,
    private readonly log: AlertsLog,
    private readonly clock: Clock,
  ) {}

  /** One attempt failed. @param lost how many transitions nobody will hear of, because of it. */
  fails(reason: string, lost: number): void {
    this.failures++;
    this.lost += lost;
    if (this.downSinceMs !== undefined) return;
    this.downSinceMs = this.clock.now();
    const then = lost > 0 ? 'The alert is lost' : 'Trying again';
    this.log.warn(
      `${this.name} does not take alerts: ${reason}. ${then}; no call is affected. Told once, until it takes them again.`,
    );
  }

  /** One attempt went well. */
  works(): void {
    if (this.downSinceMs === undefined) return;
    const time = showDuration(this.clock.now() - this.downSinceMs);
    const lost = this.lost === 0 ? '' : `, ${counted(this.lost, 'transition')} lost`;
    this.log.info(
      `${this.name} takes alerts again, after ${counted(this.failures, 'failed attempt')} in ${time}${lost}.`,
    );
    this.downSinceMs = undefined;
    this.failures = 0;
    this.lost = 0;
  }

  /** The end: what could not be delivered any more. */
  closes(lost: number): void {
    if (lost === 0) return;
    const were = lost === 1 ? 'was' : 'were';
    this.log.warn(`${this.name}: ${counted(lost, 'transition')} ${were} not delivered before the shutdown.`);
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
