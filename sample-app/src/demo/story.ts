import { setTimeout as sleep } from 'node:timers/promises';

import type { Shop } from '../shop.js';
import type { Client, Payment } from './client.js';
import type { Timeline } from './timeline.js';
import { changes, lastOutage, probeHealth, readNotice, scrape, spanLines, type Metrics } from './watch.js';

const REJECTED_WITHIN_MS = 5;
const REJECTIONS = 21;
const MOST_CALLS = 200;
const ALERT_WITHIN_MS = 2000;

/** The life of one outage. @throws with the first step that does not hold. */
export async function tell(shop: Shop, client: Client, timeline: Timeline): Promise<void> {
  await healthy(client, timeline);
  const before = await scrape(shop);
  await breaking(shop, client, timeline);
  await open(shop, client, timeline);
  const during = await watched(shop, before, timeline);
  await healing(shop, client, timeline);
  await probing(client, timeline);
  await closed(client, timeline);
  await calm(shop, during, timeline);
}

async function healthy(client: Client, timeline: Timeline): Promise<void> {
  timeline.step('The acquirer is healthy');
  const paid = await client.payTimes(8);
  timeline.hold('8 payments: 201 Created', isAll(paid, 201), statuses(paid));
  timeline.hold('each reached the acquirer', reached(paid) === 8, `${reached(paid)}`);
  const { isStale } = await client.statusOf('p-1');
  timeline.hold('the status of payment p-1 is fresh', isStale === undefined);
  timeline.hold('the circuit is closed', client.breaker.state === 'closed', client.breaker.state);
}

async function breaking(shop: Shop, client: Client, timeline: Timeline): Promise<void> {
  timeline.step('The acquirer breaks: it answers 500');
  await shop.acquirer.setFault('500');
  const paid: Payment[] = [];
  while (client.breaker.state === 'closed' && paid.length < MOST_CALLS) paid.push(await client.pay());
  timeline.hold('5 payments: 502 Bad Gateway', paid.length === 5 && isAll(paid, 502), statuses(paid));
  timeline.hold('each reached the acquirer', reached(paid) === 5, `${reached(paid)}`);
  timeline.hold('the circuit opens', client.breaker.state === 'open', client.breaker.state);
  const why = client.breaker.explain();
  timeline.hold('and says why:', why.rule?.isMet === true);
  timeline.show(why.text);
}

async function open(shop: Shop, client: Client, timeline: Timeline): Promise<void> {
  timeline.step('The circuit is open');
  const before = await shop.acquirer.requests();
  let paid: Payment[] = [];
  let median: number;
  // Once, unless the machine is busy with something else.
  do {
    const tried = await client.payTimes(REJECTIONS);
    paid = [...paid, ...tried];
    median = medianMs(tried);
  } while (median >= REJECTED_WITHIN_MS && client.waitMs > 1000);
  timeline.hold(`${paid.length} payments: 503 Service Unavailable`, isAll(paid, 503), statuses(paid));
  const headers = new Set(paid.map(({ retryAfter }) => retryAfter));
  const areWholeSeconds = [...headers].every((header) => /^[1-9]\d*$/.test(header ?? ''));
  timeline.hold(`each with Retry-After: ${[...headers].join(' or ')}`, areWholeSeconds);
  timeline.hold(
    `answered in ${median.toFixed(1)} ms (median; must be under ${REJECTED_WITHIN_MS} ms)`,
    median < REJECTED_WITHIN_MS,
  );
  const { isStale } = await client.statusOf('p-1');
  timeline.hold('the fallback still knows the status of payment p-1', isStale === true);
  const after = await shop.acquirer.requests();
  timeline.hold(`the acquirer has counted no request: ${before} → ${after}`, after === before);
}

/** What others see of it. Takes some milliseconds, so that the wait is not over. */
async function watched(shop: Shop, before: Metrics, timeline: Timeline): Promise<Metrics> {
  timeline.step('Who watches sees it');
  const during = await scrape(shop);
  timeline.hold('/metrics: fluxgate_state is open', stateOf(during) === 'open', stateOf(during));
  timeline.show(changes(before, during).join('\n'));
  const { status, acquirer } = await probeHealth(shop);
  timeline.hold('/health: ready all the same, with details', status === 200, `${status}`);
  timeline.show(JSON.stringify({ acquirer }));
  timeline.hold('and says that the circuit is open', acquirer.state === 'open', acquirer.state);
  const { text } = await shop.alerts.received('opened', ALERT_WITHIN_MS);
  timeline.hold('the webhook got one alert', shop.alerts.alerts.length === 1, `${shop.alerts.alerts.length}`);
  timeline.show(text);
  const lines = spanLines(shop.spans.events);
  timeline.hold('the spans of requests tell of it:', lines.length === 3, lines.join('; '));
  timeline.show(lines.join('\n'));
  const notice = await readNotice(shop);
  timeline.hold(`@OnBreaker has put up a notice: "${notice}"`, notice !== null);
  const outage = await lastOutage(shop);
  const isLasting = outage?.breaker === 'acquirer' && outage.closedAt === null;
  timeline.hold(`@OnEvent has noted the outage: since ${outage?.openedAt}`, isLasting);
  return during;
}

async function healing(shop: Shop, client: Client, timeline: Timeline): Promise<void> {
  timeline.step('The acquirer heals, and the circuit does not know yet');
  await shop.acquirer.setFault('healthy');
  const paid: Payment[] = [];
  while (client.waitMs > 0) {
    // Near the end a payment might be the first probe.
    if (client.waitMs > 300) paid.push(await client.pay());
    await sleep(Math.min(client.waitMs, 250));
  }
  const isNone = isAll(paid, 503) && reached(paid) === 0;
  timeline.hold(`${paid.length} more payments: 503, none reached the acquirer`, isNone, statuses(paid));
}

async function probing(client: Client, timeline: Timeline): Promise<void> {
  timeline.step('The wait is over: some payments may probe');
  const paid: Payment[] = [];
  while (client.breaker.state !== 'closed' && paid.length < MOST_CALLS) {
    paid.push(await client.pay());
    await sleep(30);
  }
  const probes = paid.filter(({ status }) => status === 201);
  const rejected = paid.filter(({ status }) => status === 503);
  const isSplit = probes.length === 10 && probes.length + rejected.length === paid.length;
  timeline.hold(`10 probes: 201; ${rejected.length} payments beside them: 503`, isSplit, statuses(paid));
  const isWitnessed = reached(probes) === 10 && reached(rejected) === 0;
  timeline.hold('the probes reached the acquirer, the others did not', isWitnessed);
  timeline.hold('the circuit closes', client.breaker.state === 'closed', client.breaker.state);
}

async function closed(client: Client, timeline: Timeline): Promise<void> {
  timeline.step('Business as usual');
  const paid = await client.payTimes(8);
  timeline.hold('8 payments: 201 Created', isAll(paid, 201), statuses(paid));
}

async function calm(shop: Shop, during: Metrics, timeline: Timeline): Promise<void> {
  timeline.step('Who watches sees that it is over');
  const after = await scrape(shop);
  timeline.hold('/metrics: fluxgate_state is closed', stateOf(after) === 'closed', stateOf(after));
  timeline.show(changes(during, after).join('\n'));
  const { acquirer } = await probeHealth(shop);
  timeline.hold('/health: the circuit is closed', acquirer.state === 'closed', acquirer.state);
  timeline.show(JSON.stringify({ acquirer }));
  const { title } = await shop.alerts.received('recovered', ALERT_WITHIN_MS);
  timeline.hold('the webhook got the end of the outage', title.includes('acquirer'), title);
  timeline.show(title);
  timeline.hold('@OnBreaker has taken the notice down', (await readNotice(shop)) === null);
  const outage = await lastOutage(shop);
  const isOver = outage?.breaker === 'acquirer' && outage.closedAt !== null;
  timeline.hold(`@OnEvent has noted its end: ${outage?.closedAt}`, isOver);
}

/** Of the acquirer's breaker, as its metrics have it. */
const stateOf = (metrics: Metrics): string =>
  ['closed', 'open', 'half_open']
    .filter((state) => metrics.get(`fluxgate_state{breaker="acquirer",state="${state}"}`) === '1')
    .join(' ');

const isAll = (paid: readonly Payment[], status: number): boolean =>
  paid.length > 0 && paid.every((payment) => payment.status === status);

const reached = (paid: readonly Payment[]): number => paid.filter(({ hasReached }) => hasReached).length;

const statuses = (paid: readonly Payment[]): string => paid.map(({ status }) => status).join(' ') || 'none';

function medianMs(paid: readonly Payment[]): number {
  const sorted = paid.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
