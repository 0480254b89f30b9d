import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import type { TransitionSignal } from 'nestjs-fluxgate';

/** How many outages are kept. */
const MOST = 100;

/** From the first opening to the recovery. */
export interface DiaryEntry {
  readonly breaker: string;
  readonly openedAt: string;
  /** The rule that was met. */
  readonly rule: string;
  /** `null` while it lasts. */
  closedAt: string | null;
}

/** A diary of outages. It hears of them on the app's event bus, as parts do that know nothing of breakers. */
@Injectable()
export class OutageDiary {
  readonly entries: DiaryEntry[] = [];

  @OnEvent('fluxgate.*.open')
  opened({ breaker, at, rule }: TransitionSignal): void {
    if (this.lasting(breaker) !== undefined) return; // A probe has failed: the same outage.
    this.entries.push({ breaker, openedAt: new Date(at).toISOString(), rule, closedAt: null });
    this.entries.splice(0, this.entries.length - MOST);
  }

  @OnEvent('fluxgate.*.closed')
  closed({ breaker, at }: TransitionSignal): void {
    const entry = this.lasting(breaker);
    if (entry !== undefined) entry.closedAt = new Date(at).toISOString();
  }

  private lasting(breaker: string): DiaryEntry | undefined {
    return this.entries.find((entry) => entry.breaker === breaker && entry.closedAt === null);
  }
}
