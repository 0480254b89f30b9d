import { atLeast, atMost } from '../checks.mjs';
import { caught, compare, timesFaster } from '../measure.mjs';
import { AllowAll, Breaker } from '../package-under-test.mjs';
import { cockatiel, opossum, resilience } from '../peers.mjs';
import { call, FAILURE } from '../work.mjs';

const fails = async () => {
  throw FAILURE;
};

/** Fails until it is open. */
async function opened(run) {
  for (let i = 0; i < 300; i++) await run().catch(() => undefined);
}

/** Half-open, with all the probes in flight that it takes. */
function full() {
  const breaker = new Breaker('half-open', {
    permit: AllowAll(),
    maxHalfOpenCalls: 1,
    maxHalfOpenMs: 1e9,
    probeLeaseMs: 1e9,
  });
  breaker.forceOpen({ forMs: 0.001 });
  const until = performance.now() + 1;
  while (performance.now() < until);
  breaker.acquire();
  return breaker;
}

async function measure() {
  const open = new Breaker('payments');
  await opened(() => open.execute(fails));
  const halfOpen = full();
  const fired = opossum(fails);
  await opened(() => fired.fire());
  const commanded = resilience(fails);
  await opened(() => commanded.execute());
  const policies = {};
  for (const kind of ['count', 'sampling', 'consecutive']) {
    policies[kind] = cockatiel(kind);
    await opened(() => policies[kind].execute(fails));
  }
  const states = [open.state, halfOpen.state, fired.opened, policies.count.state];
  if (String(states) !== 'open,half_open,true,1') throw new Error(`not open: ${states}`);
  return compare([
    caught('bare rejection', { call: 'await Promise.reject(error)', scope: { error: FAILURE } }),
    caught('execute, open', { call: 'await breaker.execute(call)', scope: { breaker: open, call } }),
    caught('execute, half-open', { call: 'await breaker.execute(call)', scope: { breaker: halfOpen, call } }),
    caught('executeSync, open', {
      call: 'breaker.executeSync(call)',
      scope: { breaker: open, call },
      isSync: true,
    }),
    caught('opossum', { call: 'await peer.fire()', scope: { peer: fired } }),
    ...Object.entries(policies).map(([kind, peer]) =>
      caught(`cockatiel ${kind}`, { call: 'await peer.execute(call)', scope: { peer, call } }),
    ),
    caught('nestjs-resilience', { call: 'await peer.execute()', scope: { peer: commanded }, isApart: true }),
  ]);
}

/** Open: nothing is run, the caller is told so at once. */
export const denied = {
  title: 'Not permitted: open, and half-open with its probes in flight',
  measure,
  checks: (rows) =>
    ['execute, open', 'execute, half-open'].flatMap((name) => [
      ...['opossum', 'cockatiel count', 'cockatiel sampling', 'cockatiel consecutive'].map((peer) =>
        atLeast(4, `${name}: faster than ${peer}`, timesFaster(rows[name], rows[peer])),
      ),
      // The promise and its wait are the caller's own, and in the bare row as well.
      atMost(400, `${name}: allocated per rejection`, rows[name].bytes - rows['bare rejection'].bytes, 'B'),
    ]),
};
