import { describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';
import { BreakerRegistry, FailureStreak } from 'nestjs-fluxgate';
import { FluxgateHealthIndicator, type FluxgateHealthOptions } from 'nestjs-fluxgate/terminus';

import { bad } from '../support/breaker.js';

function aHealth(options?: FluxgateHealthOptions) {
  const registry = new BreakerRegistry({ defaults: { tripper: FailureStreak(1) } });
  registry.create('payments');
  const group = registry.createKeyed('gateway', { keys: {} });
  bad(group.for('secret-tenant'));
  return new FluxgateHealthIndicator(registry, new HealthIndicatorService(), options);
}

describe('breakers per key', () => {
  it('are shown as figures of their group, without a key; the answer stays up', () => {
    const { circuit_breakers: answer } = aHealth().check();
    expect(answer).toMatchObject({
      status: 'up',
      groups: { gateway: { size: 1, states: { closed: 1, open: 1 } } },
      failing: [],
    });
    expect(Object.keys(answer.breakers)).toEqual(['payments']);
    expect(JSON.stringify(answer)).not.toContain('secret-tenant');
  });

  it('may be chosen by the name of their group', () => {
    const answer = aHealth().check('breakers', { only: ['gateway'] }).breakers;
    expect(answer).toMatchObject({ breakers: {}, groups: { gateway: { size: 1 } } });
  });

  it('make nothing down: to ask for it is refused', () => {
    const options: FluxgateHealthOptions = { breakers: { gateway: { failOn: ['open'] } } };
    expect(() => aHealth().check('circuit_breakers', options)).toThrow(
      'FluxgateHealthIndicator.check: breakers: "gateway" has one breaker per key, and one that is open is no reason to take the app down.',
    );
  });
});
