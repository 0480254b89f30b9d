import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { CircuitBreaker } from 'nestjs-fluxgate';

import { counts, resetLogger, Stage, until } from './apps.js';

/** Far away: the specs fire the jobs themselves. */
const NEW_YEAR = '0 0 0 1 1 *';

@Injectable()
class Jobs {
  fails = false;
  readonly ran: string[] = [];

  @Cron(NEW_YEAR, { name: 'above' })
  @CircuitBreaker('cron')
  async cronAbove(): Promise<void> {
    this.work('cronAbove');
  }

  @CircuitBreaker('cron')
  @Cron(NEW_YEAR, { name: 'below' })
  async cronBelow(): Promise<void> {
    this.work('cronBelow');
  }

  @Interval('interval above', 5)
  @CircuitBreaker('interval above')
  async intervalAbove(): Promise<void> {
    this.work('intervalAbove');
  }

  @CircuitBreaker('interval below')
  @Interval('interval below', 5)
  intervalBelow(): void {
    this.work('intervalBelow');
  }

  @CircuitBreaker('timeout')
  @Timeout('timeout', 5)
  async timeout(): Promise<void> {
    this.work('timeout');
  }

  @OnEvent('order.above')
  @CircuitBreaker('event')
  async eventAbove(order: number): Promise<number> {
    this.work('eventAbove');
    return order + 1;
  }

  @CircuitBreaker('event')
  @OnEvent('order.below')
  eventBelow(order: number): number {
    this.work('eventBelow');
    return order + 1;
  }

  private work(job: string): void {
    this.ran.push(job);
    if (this.fails) throw new Error('no work today');
  }
}

describe('a guarded job', () => {
  let app: INestApplicationContext;
  let stage: Stage;
  let jobs: Jobs;

  async function start(): Promise<void> {
    stage = await new Stage().compile(
      // ScheduleModule and EventEmitterModule look at the methods before FluxgateModule does.
      { imports: [ScheduleModule.forRoot(), EventEmitterModule.forRoot()], providers: [Jobs] },
      { breakers: { cron: {}, 'interval above': {}, 'interval below': {}, timeout: {}, event: {} } },
    );
    app = await stage.module.init();
    jobs = app.get(Jobs);
  }
  const fire = async (name: string): Promise<void> => {
    await app.get(SchedulerRegistry).getCronJob(name).fireOnTick();
  };

  afterEach(async () => {
    await app.close();
    resetLogger();
  });

  it.each(['above', 'below'])(
    'of @Cron %s is counted once, and not run while the breaker is open',
    async (name) => {
      await start();
      await fire(name);
      expect(stage.calls('cron')).toEqual(counts({ admitted: 1, success: 1 }));
      jobs.fails = true;
      await fire(name);
      await until(() => stage.breaker('cron').state === 'open');
      await fire(name);
      await until(() => stage.calls('cron').rejected === 1);
      expect(stage.calls('cron')).toEqual(counts({ admitted: 2, success: 1, failure: 1, rejected: 1 }));
      expect(jobs.ran.filter((job) => job.startsWith('cron'))).toHaveLength(2);
      expect(stage.log.of('Scheduler').filter((line) => line.includes('"cron" is open'))).toHaveLength(1);
    },
  );

  it.each([
    ['interval above', 'intervalAbove'],
    ['interval below', 'intervalBelow'],
  ])('of @%s is run and counted again and again', async (name, method) => {
    await start();
    await until(() => stage.calls(name).success! > 1);
    stage.open(name);
    await until(() => stage.calls(name).rejected! > 1);
    const { admitted, success } = stage.calls(name);
    expect(admitted).toBe(success! + 1);
    expect(jobs.ran.filter((job) => job === method)).toHaveLength(success!);
    stage.clock.advance(10_000);
    await until(() => stage.calls(name).success! > success!);
    expect(stage.breaker(name).state).toBe('closed');
  });

  it('of @Timeout is run and counted', async () => {
    await start();
    await until(() => stage.calls('timeout').success === 1);
    expect(stage.calls('timeout')).toEqual(counts({ admitted: 1, success: 1 }));
  });

  it.each(['order.above', 'order.below'])(
    'of @OnEvent(%s) is counted once, and not run while open',
    async (event) => {
      await start();
      const emitter = app.get(EventEmitter2);
      expect(await emitter.emitAsync(event, 7)).toEqual([8]);
      expect(stage.calls('event')).toEqual(counts({ admitted: 1, success: 1 }));
      stage.open('event');
      expect(await emitter.emitAsync(event, 7)).toEqual([undefined]);
      expect(stage.calls('event')).toEqual(counts({ admitted: 2, success: 1, failure: 1, rejected: 1 }));
      expect(stage.log.of('Event')).toEqual([
        'error [Event] circuit breaker "event" is open; the next probe is allowed in 10000 ms',
      ]);
    },
  );
});
