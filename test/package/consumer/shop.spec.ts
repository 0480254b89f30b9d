import { Test, type TestingModule } from '@nestjs/testing';
import { BreakerRegistry, CallNotPermittedException, Payments, ProviderDown, ShopModule } from './shop.js';

declare const describe: (name: string, body: () => void) => void;
declare const it: (name: string, body: () => Promise<void>) => void;
declare const expect: (value: unknown) => any;

describe('the package in the default mode of jest', () => {
  it('opens and rejects', async () => {
    const module: TestingModule = await Test.createTestingModule({ imports: [ShopModule] }).compile();
    await module.init();
    const payments = module.get(Payments);
    await expect(payments.status('1')).rejects.toThrow(ProviderDown);
    await expect(payments.status('2')).rejects.toThrow(ProviderDown);
    await expect(payments.status('3')).rejects.toThrow(CallNotPermittedException);
    expect(payments.calls).toBe(2);
    await module.close();
  });

  it('loads the CommonJS files', async () => {
    expect(require.resolve('nestjs-fluxgate')).toMatch(/dist.cjs.index\.js$/);
    expect(Object.keys(require('nestjs-fluxgate/testing')).length).toBeGreaterThan(0);
  });

  it('loads an optional package when it is needed', async () => {
    const { register } = require('prom-client');
    const breakers = new BreakerRegistry();
    breakers.create('payments');
    await require('nestjs-fluxgate/prometheus').bindPrometheus(breakers);
    expect(await register.metrics()).toContain('fluxgate_state{breaker="payments",state="closed"} 1');
  });
});
