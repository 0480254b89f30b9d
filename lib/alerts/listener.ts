import { FluxgateConfigError, type Listener, type TransitionSignal } from '../core/index.js';
import { Outages, toAlert, type AlertOrigin } from './alert.js';
import { Delivery } from './delivery.js';
import { ErrorTexts } from './error-texts.js';
import { AlertsLog } from './log.js';
import { alertsPolicy, alertsProblems, takenAlerts, type AlertsOptions } from './options.js';

/** Longer than any shutdown. */
const HOLD_MS = 2 ** 31 - 1;

/**
 * Tells transitions to Slack and to webhooks.
 *
 * Subscribe it to a registry or a breaker, and `close()` it at the end; `FluxgateAlertsModule` does both. A
 * call never feels it: it only queues, and what goes wrong on the way is logged once.
 *
 * Gotcha: breakers of the same name share their outages here. Use one listener per registry.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { Breaker } from 'nestjs-fluxgate';
 * import { AlertsListener, Webhook } from 'nestjs-fluxgate/alerts';
 *
 * const posted: unknown[] = [];
 * const alerts = new AlertsListener({
 *   targets: [Webhook({ url: 'https://alerts.example/hook' })],
 *   fetch: async (_url, init) => {
 *     posted.push(JSON.parse(String(init?.body)).title);
 *     return new Response();
 *   },
 * });
 * const breaker = new Breaker('payments', { listeners: [alerts] });
 * breaker.forceOpen({ reason: 'maintenance' });
 * await alerts.close();
 * assert.deepEqual(posted, ['⛔ payments is forced open']);
 * ```
 */
export class AlertsListener implements Listener {
  private readonly outages = new Outages();
  private readonly deliveries: readonly Delivery[];
  private readonly origin: AlertOrigin;
  private readonly texts: ErrorTexts;
  private closing: Promise<void> | undefined;

  /** @throws FluxgateConfigError naming everything that is wrong with the options and the targets. */
  constructor(given: AlertsOptions) {
    const options = takenAlerts(given);
    const problems = alertsProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError('AlertsListener', problems);
    const policy = alertsPolicy(options);
    const { app, host, redact } = policy;
    const log = new AlertsLog(policy.logger, redact);
    this.deliveries = policy.targets.map((target) => new Delivery(target, policy, log));
    this.texts = new ErrorTexts(policy, log);
    this.origin = { app, host, errorText: (error) => this.texts.of(error) };
  }

  /** Only queues. What comes after `close()` is not told any more. */
  onTransition(signal: TransitionSignal): void {
    if (this.closing !== undefined || this.deliveries.length === 0) return;
    const outage = this.outages.of(signal);
    const alert = toAlert(signal, outage, this.origin);
    for (const delivery of this.deliveries) delivery.add(alert, outage);
    this.texts.tellFault();
  }

  /**
   * Posts what waits: each message once more, without waiting for a flood to end or a receiver to recover.
   * Takes at most `shutdownMs`; what is not delivered then is counted in the log. Never rejects.
   */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    // All other timers are unref'd: the process would end before what waits is posted.
    const hold = setInterval(() => {}, HOLD_MS);
    await Promise.all(this.deliveries.map((delivery) => delivery.close()));
    clearInterval(hold);
  }
}
