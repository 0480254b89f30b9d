import { describe, expect, it } from '@jest/globals';
import { Breaker, seconds } from 'nestjs-fluxgate';
import { AlertsListener, Webhook, type TransitionAlert } from 'nestjs-fluxgate/alerts';

import { FakeFetch, flap, Stage, trip } from './stage.js';

const kinds = ({ receiver }: Stage): unknown[] => receiver.all('kind');
const outageIds = ({ receiver }: Stage): (string | undefined)[] =>
  receiver.sent.map(({ body }) => body.outage?.id);

describe('an outage', () => {
  it('begins when the circuit opens, goes on while it is probed and reopened, and ends when it closes', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    await stage.settle();
    stage.clock.advance(seconds(10));
    trip(breaker);
    stage.clock.advance(seconds(10));
    breaker.acquire().succeed();
    await stage.settle();
    expect(kinds(stage)).toEqual(['opened', 'probing', 'reopened', 'probing', 'recovered']);
    expect(new Set(outageIds(stage)).size).toBe(1);
    expect(stage.receiver.sent.map(({ body }) => body.outage.durationMs)).toEqual([
      0, 10_000, 10_000, 20_000, 20_000,
    ]);
    expect(stage.receiver.sent.map(({ body }) => body.outage.isOver)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('is another one the next time', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    breaker.reset();
    trip(breaker);
    await stage.settle();
    const [first, end, second] = outageIds(stage);
    expect(end).toBe(first);
    expect(second).not.toBe(first);
  });

  it('begins with a forced open too, from any state, and goes on when an open circuit is forced', async () => {
    const stage = new Stage();
    const disabled = stage.breaker('disabled', { initialState: 'disabled' });
    disabled.forceOpen({ reason: 'migration' });
    disabled.reset();
    const open = stage.breaker('open');
    trip(open);
    open.forceOpen({ forMs: 5 });
    stage.clock.advance(5);
    trip(open);
    await stage.settle();
    expect(kinds(stage)).toEqual(['forced', 'recovered', 'opened', 'forced', 'probing', 'reopened']);
    const ids = outageIds(stage);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids.slice(2)).size).toBe(1);
  });

  it.each(['disable', 'metricsOnly'] as const)('ends with %s()', async (command) => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    breaker[command]();
    await stage.settle();
    expect(kinds(stage)).toEqual(['opened', 'ended']);
    expect(stage.receiver.sent[1]!.body.outage.isOver).toBe(true);
  });

  it('is not what an operator does to a circuit that lets calls through', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    breaker.disable();
    breaker.metricsOnly();
    breaker.reset();
    await stage.settle();
    expect(kinds(stage)).toEqual(['changed', 'changed', 'changed']);
    expect(outageIds(stage)).toEqual([undefined, undefined, undefined]);
  });

  it('that began before anybody listened has no beginning, but one id', async () => {
    const stage = new Stage();
    const breaker = stage.breaker('payments', { listeners: [], initialState: 'forced_open' });
    breaker.subscribe(stage.alerts);
    breaker.reset();
    await stage.settle();
    const { title, outage } = stage.receiver.sent[0]!.body;
    expect(outage).toEqual({ id: expect.any(String), startedAt: null, durationMs: null, isOver: true });
    expect(title).toBe('🟢 payments was closed by an operator');
  });

  it('of a removed breaker goes on for who still holds it', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    // The same name again, while the old one is open: another outage.
    trip(stage.breaker());
    await stage.settle();
    const [first, second] = outageIds(stage);
    expect(second).not.toBe(first);
    breaker.reset();
    await stage.settle();
    expect(kinds(stage)).toEqual(['opened', 'opened', 'recovered']);
  });

  it('is forgotten when a thousand others began after it', async () => {
    const posts = new FakeFetch();
    const alerts = new AlertsListener({
      targets: [
        Webhook({
          url: 'https://alerts.example',
          only: ({ breaker }: TransitionAlert) => breaker === 'first',
        }),
      ],
      fetch: posts.fetch,
      logger: false,
    });
    const first = new Breaker('first', { listeners: [alerts] });
    first.forceOpen();
    for (let i = 0; i < 1000; i++) new Breaker(`b${i}`, { listeners: [alerts] }).forceOpen();
    first.reset();
    await alerts.close();
    expect(posts.sent.map(({ body }) => body.outage.startedAt)).toEqual([expect.any(Number), null]);
  });

  it('is kept while a thousand others come and go', async () => {
    const stage = new Stage({
      targets: [Webhook({ url: 'https://a.example', only: ({ to }) => to === 'disabled' })],
    });
    const first = stage.breaker('first');
    trip(first);
    for (let i = 0; i < 1000; i++) flap(stage.breaker(`b${i}`));
    first.disable();
    await stage.settle();
    expect(stage.receiver.sent[0]!.body.outage.startedAt).toEqual(expect.any(Number));
  });

  it('lasts 0 when the wall clock was stepped back meanwhile', async () => {
    const stage = new Stage();
    const breaker = stage.breaker();
    trip(breaker);
    stage.clock.stepWallClock(-seconds(3600));
    breaker.reset();
    await stage.settle();
    expect(stage.receiver.sent[1]!.body.outage.durationMs).toBe(0);
  });
});
