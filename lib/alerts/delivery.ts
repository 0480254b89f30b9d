import { AsyncResource } from 'node:async_hooks';

import type { Timer } from '../core/index.js';
import type { Outage, TransitionAlert } from './alert.js';
import { Batch } from './batch.js';
import { ReceiverLog, type AlertsLog } from './log.js';
import { composeMessage } from './message.js';
import type { AlertsPolicy } from './options.js';
import type { AlertTarget, Answer } from './target.js';
import { Wire } from './wire.js';

const NO_ANSWER: Answer = { outcome: 'never', reason: 'the target did not say what became of it' };

/**
 * The way of alerts to one target: in order, one request at a time.
 *
 * What comes too fast, or finds the queue full, is folded into the batch at its end; a receiver that is out
 * for long gets all that waited in one message. So memory is bounded, and nothing is dropped unsaid.
 */
export class Delivery {
  private readonly queue: Batch[] = [];
  private readonly wire: Wire;
  private readonly receiver: ReceiverLog;
  /** When batches of one were let in, within the flood's window. */
  private readonly recentMs: number[] = [];
  /** Outages of which the target hears by themselves: it is owed their end. */
  private readonly begun = new WeakSet<Outage>();
  private running: Promise<void> | undefined;
  private isClosing = false;
  private lost = 0;
  private wake: () => void = () => {};
  /** Outside the call's stack and its async context: no call waits for it or is held by it. */
  private readonly launch = AsyncResource.bind(
    (): Promise<void> => Promise.resolve().then(() => this.run()),
    'FluxgateAlerts',
  );

  constructor(
    private readonly target: AlertTarget,
    private readonly policy: AlertsPolicy,
    private readonly log: AlertsLog,
  ) {
    this.wire = new Wire(policy.clock, policy.timeoutMs, policy.fetch);
    this.receiver = new ReceiverLog(target.name, log, policy.clock);
  }

  /** Takes an alert over; never waits, never throws. */
  add(alert: TransitionAlert, outage: Outage | null): void {
    if (!this.wants(alert)) return;
    const nowMs = this.policy.clock.now();
    const isFlood = this.isFlood(nowMs);
    const tail = this.queue.at(-1);
    const isRoom = this.queue.length < this.policy.queueSize;
    const isOwed = outage !== null && alert.outage?.isOver === true && this.begun.has(outage);
    if (isRoom && (isOwed || (!isFlood && tail?.isOpen !== true))) {
      this.queue.push(new Batch(alert, outage, nowMs, false));
      this.recentMs.push(nowMs);
      if (outage !== null) this.begun.add(outage);
    } else if (tail?.isOpen === true) {
      tail.add(alert, outage);
    } else {
      const dueMs = isFlood ? this.recentMs[0]! + this.policy.floodWindowMs : nowMs;
      this.queue.push(new Batch(alert, outage, dueMs, true));
    }
    this.running ??= this.launch();
  }

  /** Posts what waits at once, each batch once more; what is not done in `shutdownMs` is lost. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.wake();
    const limit = this.policy.clock.setTimer(() => this.wire.abandon(), this.policy.shutdownMs);
    limit.unref?.(); // AlertsListener.close() holds the process.
    await this.running;
    limit.cancel();
    this.receiver.closes(this.lost);
  }

  private wants(alert: TransitionAlert): boolean {
    try {
      return this.target.only?.(alert) !== false;
    } catch (error) {
      this.log.fault(`${this.target.name}: only`, 'the alert is posted', error);
      return true;
    }
  }

  private isFlood(nowMs: number): boolean {
    const { floodWindowMs, floodLimit } = this.policy;
    while (this.recentMs.length > 0 && this.recentMs[0]! <= nowMs - floodWindowMs) this.recentMs.shift();
    return this.recentMs.length >= floodLimit;
  }

  private async run(): Promise<void> {
    for (let batch = this.queue[0]; batch !== undefined; batch = this.queue[0]) {
      const heldMs = batch.dueMs - this.policy.clock.now();
      if (heldMs > 0 && !this.isClosing) await this.sleep(heldMs);
      else {
        this.queue.shift();
        await this.deliver(batch);
      }
    }
    this.running = undefined;
  }

  private async deliver(batch: Batch): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (attempt > this.policy.foldAfterAttempts) {
        for (const waiting of this.queue.splice(0)) batch.absorb(waiting);
      }
      const answer = await this.attempt(batch);
      if (answer.outcome === 'taken') return this.receiver.works();
      const isLast = answer.outcome === 'never' || this.isClosing;
      this.receiver.fails(answer.reason, isLast ? batch.count : 0);
      if (isLast) {
        if (this.isClosing) this.lost += batch.count;
        return;
      }
      await this.sleep(this.waitMs(attempt, answer));
    }
  }

  private async attempt(batch: Batch): Promise<Answer> {
    const alert = batch.toAlert();
    const fault = (what: string, error: unknown): void =>
      this.log.fault(`${this.target.name}: ${what}`, 'the standard one is posted', error);
    const message = composeMessage(alert, this.policy.templates, (error) =>
      this.log.fault(`templates.${alert.kind}`, 'the standard one is posted', error),
    );
    const { outage, endsOutage } = batch;
    try {
      const letter = { alert, message, outage, endsOutage, fault };
      const answer: Partial<Answer> | undefined = await this.target.post(letter, this.wire);
      // A target of the user's own making; what it throws must not end the process, nor what it forgets to say.
      return answer?.outcome === undefined ? NO_ANSWER : (answer as Answer);
    } catch {
      return { outcome: 'never', reason: 'it could not be put together' };
    }
  }

  /** The receiver's own wish, or twice as long each time; never in step with other processes. */
  private waitMs(attempt: number, answer: Answer): number {
    const { initialBackoffMs, maxBackoffMs, maxRetryAfterMs, random } = this.policy;
    const wishMs = answer.outcome === 'later' ? answer.waitMs : undefined;
    if (wishMs !== undefined) {
      return Math.max(initialBackoffMs, Math.min(wishMs, maxRetryAfterMs)) * (1 + 0.1 * random());
    }
    return Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.min(attempt - 1, 30)) * (0.5 + 0.5 * random());
  }

  private async sleep(ms: number): Promise<void> {
    if (this.isClosing) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = this.policy.clock.setTimer(resolve, ms);
      timer.unref?.();
    });
    timer?.cancel();
  }
}
