import { Registry } from 'prom-client';

import { atMost } from '../checks.mjs';
import { compare, subject } from '../measure.mjs';
import { bindPrometheus, Breaker, BreakerRegistry } from '../package-under-test.mjs';
import { call } from '../work.mjs';

const execute = (name, breaker, against) =>
  subject(name, { call: 'await breaker.execute(call)', scope: { breaker, call }, against });

async function measure() {
  const idle = Array.from({ length: 5 }, () => ({ onTransition: () => undefined }));
  const registry = new BreakerRegistry();
  const counted = registry.create('counted');
  const unbind = await bindPrometheus(registry, { registry: new Registry() });
  let heard = 0;
  const rows = await compare([
    execute('no listener', new Breaker('none')),
    execute('5 listeners with onTransition', new Breaker('five', { listeners: idle })),
    execute('1 listener with onCall', new Breaker('one', { listeners: [{ onCall: () => heard++ }] })),
    execute('bound to Prometheus', counted),
  ]);
  unbind();
  return rows;
}

/** Who listens for what does not happen costs nothing. */
export const listeners = {
  title: 'Listeners and adapters',
  measure,
  checks: (rows) => [
    // What two loops over the very same breaker differ by in this benchmark.
    atMost(1.05, '5 listeners with onTransition against none', rows['5 listeners with onTransition'].ratio),
    atMost(1.5, 'bound to Prometheus against not', rows['bound to Prometheus'].ratio),
  ],
};
