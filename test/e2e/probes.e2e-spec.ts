import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FailureRate, MinRequests, seconds } from 'nestjs-fluxgate';

import { resetLogger, until } from '../nest/handlers/apps.js';
import { CLIENTS_ON_PLATFORMS } from './clients.js';
import { ShopStage, statusCounts, type Crowd } from './shop-stage.js';

const CAP = 5;
const EVIDENCE = 15;
const LEASE_MS = 700;

// A machine that is busy elsewhere takes its time.
jest.setTimeout(30_000);

const OPTIONS = {
  tripper: MinRequests(EVIDENCE).and(FailureRate(0.5)),
  maxHalfOpenCalls: CAP,
  probeLeaseMs: LEASE_MS,
};

// What they do differently is told by the faults; here one of promises and the one of streams will do.
const CASES = CLIENTS_ON_PLATFORMS.filter(
  ({ client, name }) => client !== (name === 'Express' ? 'axios' : 'fetch'),
);

describe.each(CASES)('through an outage seen by $client, on $name,', ({ client, platform }) => {
  const stage = new ShopStage();
  const { upstream, clock, signals } = stage;
  const inFlight = (): number => stage.payments.snapshot().calls.inFlight;

  beforeAll(() => stage.launch(platform, OPTIONS));
  beforeEach(() => stage.forget());
  afterAll(async () => {
    await stage.close();
    resetLogger();
  });

  /** The circuit has opened; the upstream, well again, counts from 0. */
  function outage(): void {
    for (let i = 0; i < EVIDENCE; i++) stage.open('payments');
    expect(stage.payments.state).toBe('open');
    signals.clear();
  }

  /** As many as may probe do so, and hang; whoever else asks is told 503. */
  async function hungProbes(path: string, signal?: AbortSignal): Promise<Crowd> {
    outage();
    upstream.mood = 'hang';
    clock.advance(seconds(10));
    const probes = stage.askAll(CAP, path, signal);
    probes.all.catch(() => undefined);
    await until(() => upstream.inFlight === CAP);
    await expectFull();
    return probes;
  }

  async function expectFull(): Promise<void> {
    const { status, retryAfter, body } = await stage.ask(client);
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '1' });
    expect(JSON.parse(body)).toMatchObject({ code: 'CIRCUIT_NOT_PERMITTED', retryAfterMs: 0 });
  }

  /** Every place is free, and the circuit closes. */
  async function expectUsable(): Promise<void> {
    upstream.mood = 200;
    while (stage.payments.state === 'half_open') {
      expect(statusCounts(await stage.askAll(CAP, client).all)).toEqual({ 200: CAP });
    }
    expect(stage.payments.snapshot()).toMatchObject({ state: 'closed', calls: { inFlight: 0 } });
  }

  // One on each platform in full: a crowd costs.
  const crowd = (client === '@nestjs/axios') === (platform.name === 'Fastify') ? 500 : 50;

  it(`${crowd} callers at the instant the wait is over are one burst of probes within the cap`, async () => {
    outage();
    upstream.mood = 'hang';
    clock.advance(seconds(10) - 1);
    expect(statusCounts(await stage.askAll(20, client).all)).toEqual({ 503: 20 });
    expect(upstream.hits).toBe(0);

    clock.advance(1);
    const { told, all } = stage.askAll(crowd, client);
    // Nobody queues: all others have their answer while the probes still hang.
    await until(() => told.length === crowd - CAP && upstream.hits === CAP, 20_000);
    expect(statusCounts(told)).toEqual({ 503: crowd - CAP });
    expect(upstream.inFlight).toBe(CAP);

    upstream.answerAll();
    expect(statusCounts(await all)).toEqual({ 200: CAP, 503: crowd - CAP });
    expect(upstream.hits).toBe(CAP);
    expect(inFlight()).toBe(0);
  });

  it.each([
    { mood: 200, round: EVIDENCE, end: 'half_open → closed (tripper)' },
    { mood: 500, round: Math.ceil(EVIDENCE / 2), end: 'half_open → open (tripper)' },
  ])(
    'never more probes than the cap run at once, in a whole round of $mood',
    async ({ mood, round, end }) => {
      outage();
      const atEnd: Pick<typeof upstream, 'hits' | 'mostInFlight'>[] = [];
      const unsubscribe = stage.payments.subscribe({
        onTransition: ({ from }) => {
          if (from === 'half_open') atEnd.push({ hits: upstream.hits, mostInFlight: upstream.mostInFlight });
        },
      });
      upstream.mood = 'hang';
      clock.advance(seconds(10));
      const knocking = async (): Promise<void> => {
        while (atEnd.length === 0) await stage.ask(client);
      };
      const all = Promise.all(Array.from({ length: 2 * CAP }, knocking));
      await until(() => upstream.inFlight === CAP);
      upstream.mood = mood;
      upstream.delayMs = 1;
      upstream.answerAll();
      await all;
      unsubscribe();

      expect(signals.moves()).toEqual(['open → half_open (retry)', end]);
      expect(atEnd[0]!.mostInFlight).toBe(CAP);
      // Those that decided, and those that were still on their way then.
      expect(atEnd[0]!.hits).toBeGreaterThanOrEqual(round);
      expect(atEnd[0]!.hits).toBeLessThan(round + CAP);
      expect(inFlight()).toBe(0);
    },
  );

  it('probes that hang free their slots when their lease is over, and what they say later is dropped', async () => {
    const hung = await hungProbes(client);
    clock.advance(LEASE_MS - 1);
    await expectFull();
    expect(upstream.hits).toBe(CAP);

    clock.advance(1);
    upstream.mood = 200;
    // A third has failed: the rest decides.
    for (let i = 0; i < 2; i++) {
      expect(statusCounts(await stage.askAll(CAP, client).all)).toEqual({ 200: CAP });
    }
    expect(upstream.hits).toBe(EVIDENCE);
    expect(signals.moves()).toEqual(['open → half_open (retry)', 'half_open → closed (tripper)']);
    const before = stage.payments.snapshot().calls;
    upstream.answerAll();
    await hung.all;
    expect(stage.payments.snapshot().calls).toEqual(before);
    expect(before.inFlight).toBe(0);
  });

  it('clients that leave keep no slot: it is free once the upstream has answered', async () => {
    const leaving = new AbortController();
    const probes = await hungProbes(client, leaving.signal);
    leaving.abort();
    await expect(probes.all).rejects.toThrow('aborted');
    expect(inFlight()).toBe(CAP);
    upstream.answerAll();
    await until(() => inFlight() === 0);
    await expectUsable();
  });

  it('clients that leave an upstream that never answers keep no slot: it is free after the lease', async () => {
    const leaving = new AbortController();
    await hungProbes(client, leaving.signal);
    leaving.abort();
    clock.advance(LEASE_MS);
    expect(inFlight()).toBe(0);
    await expectUsable();
  });

  it('a handler that hands on the leaving of its client frees the slot at once, and ends the request', async () => {
    const leaving = new AbortController();
    await hungProbes(`attentive/${client === '@nestjs/axios' ? 'nestAxios' : client}`, leaving.signal);
    const { ignored } = stage.payments.snapshot().calls;
    leaving.abort();
    await until(() => upstream.inFlight === 0 && inFlight() === 0);
    expect(stage.payments.snapshot().calls.ignored).toBe(ignored + CAP);
    await expectUsable();
  });

  if (client === '@nestjs/axios') {
    it('a stream of events that its client leaves does the same by itself', async () => {
      const leaving = new AbortController();
      await hungProbes('stream', leaving.signal);
      const { ignored } = stage.payments.snapshot().calls;
      leaving.abort();
      await until(() => upstream.inFlight === 0 && inFlight() === 0);
      expect(stage.payments.snapshot().calls.ignored).toBe(ignored + CAP);
      await expectUsable();
    });
  }
});
