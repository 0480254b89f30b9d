// npm start: the acquirer in its own process, the shop in this one, and a live table of its breakers.
import type { BreakerSnapshot } from 'nestjs-fluxgate';

import { portFromEnv } from './free-port.js';
import { startShop, type Shop } from './shop.js';
import { paint } from './terminal/paint.js';
import { ScreenLogger } from './terminal/screen-logger.js';
import { Screen } from './terminal/screen.js';
import { tableLines } from './terminal/table.js';
import { FAULTS } from './upstream/acquirer.js';

const screen = new Screen();

try {
  const port = portFromEnv('PORT', 3000);
  const acquirerPort = portFromEnv('ACQUIRER_PORT', 4000);
  const shop = await startShop({ port, acquirerPort, logger: new ScreenLogger(screen) });

  sayIfMoved('the shop', port, portOf(shop.url));
  if (acquirerPort !== 0) {
    const got = portOf(shop.acquirer.url);
    sayIfMoved('the acquirer', acquirerPort, got);
    sayIfMoved("the acquirer's control", got + 1, portOf(shop.acquirer.controlUrl));
  }
  screen.print(welcome(shop));
  screen.pin((width) => ['', ...tableLines(snapshots(shop), width)]);
  shop.alerts.onAlert(({ text }) => screen.print(indented(paint('bold', 'The webhook got an alert:'), text)));
  shop.acquirer.onEnd((how) => screen.print(`The acquirer's process has ended (${how}). Calls are refused.`));
  stopOnDemand(shop);
} catch (error) {
  console.error(`The sample did not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function snapshots({ breakers }: Shop): BreakerSnapshot[] {
  return breakers.list().map((breaker) => breaker.snapshot());
}

function indented(title: string, text: string): string {
  return `${title}\n${text.replace(/^/gm, '  ')}`;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function sayIfMoved(who: string, wanted: number, got: number): void {
  if (wanted === 0 || got === wanted) return;
  screen.print(paint('yellow', `Port ${wanted} is taken: ${who} moved on to ${got}.`));
}

/** Ctrl-C, `kill`, a closed terminal or pipe, npm gone: both processes end. A second Ctrl-C does not wait. */
function stopOnDemand(shop: Shop): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    screen.unpin();
    screen.print('Stopping both processes.');
    await shop.close();
    process.exit();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop());
  process.stdout.on('error', () => void stop());
  // Who kills npm kills the shell that npm started, and not us.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && void stop(), 500).unref();
}

function welcome({ url, acquirer }: Shop): string {
  const fault = `${acquirer.controlUrl}/__fault`;
  const section = (title: string, ...lines: [comment: string, command: string][]): string =>
    [
      paint('bold', title),
      ...lines.flatMap(([comment, command]) => [paint('gray', `  # ${comment}`), `  ${command}`]),
    ].join('\n');
  return [
    '',
    `${paint('bold', 'The shop')}      ${url}`,
    `${paint('bold', 'The acquirer')}  ${acquirer.url}  (process ${acquirer.pid})`,
    '',
    section(
      'Try, in another terminal',
      ['take a payment: 201', `curl -i -d amount=42 ${url}/payments`],
      [`break the acquirer; or ${FAULTS.slice(2).join(', ')}`, `curl -X POST '${fault}?mode=500'`],
      [
        'five times 502, then the circuit opens: 503 and Retry-After',
        `for i in 1 2 3 4 5 6; do curl -i -d amount=42 ${url}/payments; echo; done`,
      ],
      ['the status of a payment: what was known last, while it is open', `curl -i ${url}/payments/p-1`],
      ['what the injected breaker and @OnBreaker say', `curl -i ${url}/payments/availability`],
      ['a rate, through @nestjs/axios', `curl -i ${url}/rates/EUR`],
      ['a stream of events', `curl -iN ${url}/settlements`],
      ['heal the acquirer; pay some more, and the circuit closes', `curl -X POST '${fault}?mode=healthy'`],
    ),
    '',
    section(
      'Seen from outside; alerts are posted to a webhook, and printed here',
      ['what Prometheus scrapes', `curl ${url}/metrics`],
      ['what the readiness probe gets', `curl ${url}/health`],
      ['the outages there were, noted from the event bus', `curl ${url}/outages`],
    ),
    '',
    section(
      'For operators',
      ['all breakers', `curl ${url}/breakers`],
      [
        'reject everything, for ten seconds',
        `curl -d reason=maintenance -d forMs=10000 ${url}/breakers/acquirer/force-open`,
      ],
      ['measure, but reject nothing', `curl -X POST ${url}/breakers/acquirer/metrics-only`],
      ['back to normal', `curl -X POST ${url}/breakers/acquirer/reset`],
    ),
    '',
    'Ctrl-C stops both processes.',
  ].join('\n');
}
