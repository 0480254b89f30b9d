import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  BreakerRegistry,
  FailureStreak,
  FluxgateModule,
  type FaultSignal,
  type TransitionSignal,
} from 'nestjs-fluxgate';
import { FluxgateEventsModule, type FluxgateEventsOptions } from 'nestjs-fluxgate/event-emitter';

import { rejection } from '../support/async.js';

const apps: TestingModule[] = [];
afterEach(async () => {
  await Promise.allSettled(apps.splice(0).map((app) => app.close()));
});

@Injectable()
class Mail {
  readonly sent: string[] = [];
  @OnEvent('fluxgate.payments.open')
  opened({ breaker, rule }: TransitionSignal): void {
    this.sent.push(`${breaker} opened: ${rule}`);
  }
  @OnEvent('fluxgate.*.closed')
  closed({ breaker }: TransitionSignal): void {
    this.sent.push(`${breaker} closed`);
  }
}

const fluxgate = (onFault?: (fault: FaultSignal) => void) =>
  FluxgateModule.forRoot({
    logger: false,
    defaults: { tripper: FailureStreak(1) },
    breakers: { payments: {}, 'Rates.get': {} },
    listeners: onFault === undefined ? [] : [{ onFault }],
  });

async function start(
  emitter: Parameters<typeof EventEmitterModule.forRoot>[0] = { wildcard: true },
  options?: FluxgateEventsOptions,
  onFault?: (fault: FaultSignal) => void,
): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    // Nest makes ours first: it has to wait for the others.
    imports: [FluxgateEventsModule.forRoot(options), fluxgate(onFault), EventEmitterModule.forRoot(emitter)],
    providers: [Mail],
  }).compile();
  apps.push(app);
  return app.init();
}

const down = (app: TestingModule, name: string): void =>
  void app.get(BreakerRegistry).get(name).acquire().fail(new Error('down'));

describe('the topics of an app with @nestjs/event-emitter', () => {
  it('reach @OnEvent, by name and by wildcard, a name with a dot in it too', async () => {
    const app = await start();
    down(app, 'payments');
    down(app, 'Rates.get');
    app.get(BreakerRegistry).get('Rates.get').reset();
    app.get(BreakerRegistry).create('later').forceOpen();
    app.get(BreakerRegistry).get('later').reset();
    expect(app.get(Mail).sent).toEqual([
      'payments opened: FailureStreak(1)',
      'Rates.get closed',
      'later closed',
    ]);
  });

  it('have the name of the group where there is one breaker per key, and the signal has the key', async () => {
    const app = await start();
    const heard: unknown[] = [];
    app.get(EventEmitter2).on('fluxgate.tenants.*', ({ breaker, key }) => heard.push([breaker, key]));
    app.get(BreakerRegistry).createKeyed('tenants', { keys: {} }).for('a').forceOpen();
    expect(heard).toEqual([['tenants[a]', 'a']]);
  });

  it('are plain text without wildcards, joined by the delimiter', async () => {
    const app = await start({ delimiter: '/' }, { prefix: 'circuits' });
    const heard: string[] = [];
    app.get(EventEmitter2).on('circuits/Rates.get/open', ({ to }) => heard.push(to));
    app.get(EventEmitter2).on('circuits/Rates.get/rejected', ({ reason }) => heard.push(reason));
    down(app, 'Rates.get');
    await app
      .get(BreakerRegistry)
      .get('Rates.get')
      .execute(() => 1)
      .catch(() => 0);
    expect(heard).toEqual(['open', 'open']);
  });

  it('are all events but call and transition, unless chosen', async () => {
    const heard: string[] = [];
    const listen = (app: TestingModule): unknown =>
      app.get(EventEmitter2).onAny((topic) => heard.push(String(topic)));
    const app = await start();
    listen(app);
    down(app, 'payments');
    expect(heard).toEqual(['fluxgate.payments.open']);
    heard.length = 0;
    const other = await start({}, { events: ['call', 'transition'], prefix: 'my.app' });
    listen(other);
    down(other, 'payments');
    expect(heard).toEqual(['my.app.payments.call', 'my.app.payments.transition']);
  });

  it('touch no call when a receiver fails, and tell onFault', async () => {
    const faults: FaultSignal[] = [];
    const app = await start({}, {}, (fault) => faults.push(fault));
    const emitter = app.get(EventEmitter2);
    emitter.on('fluxgate.payments.open', async () => {
      throw new Error('late');
    });
    emitter.on('fluxgate.payments.closed', () => {
      throw new Error('now');
    });
    down(app, 'payments');
    app.get(BreakerRegistry).get('payments').reset();
    await new Promise((resolve) => setImmediate(resolve));
    expect(faults.map(({ source, error }) => `${source}: ${(error as Error).message}`).sort()).toEqual([
      'listener: late',
      'listener: now',
    ]);
  });

  it('end with the app', async () => {
    const app = await start();
    const heard: string[] = [];
    const [registry, emitter] = [app.get(BreakerRegistry), app.get(EventEmitter2)];
    await app.close();
    emitter.onAny((topic) => heard.push(String(topic)));
    registry.get('payments').forceOpen();
    expect(heard).toEqual([]);
  });
});

describe('FluxgateEventsModule', () => {
  it('says at bootstrap what is missing', async () => {
    const bare = await Test.createTestingModule({ imports: [FluxgateEventsModule.forRoot()] }).compile();
    expect(await rejection(bare.init())).toMatchObject({
      code: 'FLUXGATE_CONFIG',
      problems: [
        'there are no breakers. Add FluxgateModule.forRoot() to the imports of your root module.',
        'there are no events. Add EventEmitterModule.forRoot() to the imports of your root module.',
      ],
    });
  });
});
