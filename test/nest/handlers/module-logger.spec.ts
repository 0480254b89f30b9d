import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { CircuitBreaker, LoggerListener } from 'nestjs-fluxgate';

import { Log, resetLogger, Stage, type FluxgateOptions } from './apps.js';

describe("the module's logger", () => {
  let app: INestApplicationContext | undefined;

  @Injectable()
  class Payments {
    @CircuitBreaker('shop')
    async pay(): Promise<never> {
      throw new Error('declined');
    }
  }

  async function failOnce(fluxgate: FluxgateOptions): Promise<Stage> {
    const stage = await new Stage().compile({ providers: [Payments] }, fluxgate);
    app = await stage.module.init();
    await expect(stage.module.get(Payments).pay()).rejects.toThrow('declined');
    return stage;
  }
  const LINE =
    'shop: closed → open (tripper FailureStreak(1)); 1/1 failed (100 %), avg 0 ms; last error: Error: declined; probes from 2026-01-01T00:00:10.000Z\n  FailureStreak 1 ≥ 1 ✓';

  afterEach(async () => {
    await app?.close();
    resetLogger();
  });

  it("is Nest's own, called Fluxgate, unless told otherwise", async () => {
    const stage = await failOnce({ logger: undefined });
    expect(stage.log.of('Fluxgate')).toEqual([`error [Fluxgate] ${LINE}`]);
  });

  it('is off with logger: false', async () => {
    const stage = await failOnce({ logger: false });
    expect(stage.breaker().state).toBe('open');
    expect(stage.log.of('Fluxgate')).toEqual([]);
  });

  it('may be a LoggerService of the user', async () => {
    const logger: LoggerService = new Log();
    const stage = await failOnce({ logger });
    expect((logger as Log).lines).toEqual([`error [undefined] ${LINE}`]);
    expect(stage.log.of('Fluxgate')).toEqual([]);
  });

  it('may be replaced by a listener that extends it', async () => {
    const log = new Log();
    class Terse extends LoggerListener {
      override onTransition({ breaker, to }: { breaker: string; to: string }): void {
        log.warn(`${breaker} ${to}`);
      }
    }
    await failOnce({ logger: false, listeners: [new Terse(log)] });
    expect(log.lines).toEqual(['warn [undefined] shop open']);
  });

  it('touches no call when it throws itself', async () => {
    const logger = new Log();
    logger.error = () => {
      throw new Error('disk full');
    };
    const stage = await failOnce({ logger });
    expect(stage.breaker().state).toBe('open');
    expect(logger.lines).toEqual([
      'warn [undefined] shop: its listener failed (calls go on; told once a minute): Error: disk full',
    ]);
  });
});
