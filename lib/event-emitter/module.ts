import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

import { BreakerRegistry, FluxgateConfigError } from '../core/index.js';
import { bindEventEmitter, type TopicEmitter } from './bind.js';
import { eventsProblems, takenEvents, type FluxgateEventsOptions } from './options.js';
import { loadEventEmitter, type EventEmitterPackage } from './peer.js';

const ROOT = 'FluxgateEventsModule.forRoot';
const OPTIONS = 'FluxgateEventsOptions';
const PACKAGE = 'FluxgateEventEmitterPackage';

/**
 * Emits what the app's breakers tell as topics of its `EventEmitter2`: `@OnEvent('fluxgate.payments.open')`.
 *
 * Import it once, beside `FluxgateModule` and `EventEmitterModule`. To hear of breakers in a provider you need
 * neither: `@OnBreaker('payments', 'open')` does.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { EventEmitterModule } from '@nestjs/event-emitter';
 * import { FluxgateModule } from 'nestjs-fluxgate';
 * import { FluxgateEventsModule } from 'nestjs-fluxgate/event-emitter';
 *
 * @Module({
 *   imports: [
 *     EventEmitterModule.forRoot({ wildcard: true }),
 *     FluxgateModule.forRoot({ breakers: { payments: {} } }),
 *     FluxgateEventsModule.forRoot(),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class FluxgateEventsModule implements OnModuleInit, OnApplicationShutdown {
  private stop: (() => void) | undefined;

  constructor(
    @Inject(OPTIONS) private readonly options: FluxgateEventsOptions,
    @Inject(PACKAGE) private readonly events: EventEmitterPackage,
    @Inject(ModuleRef) private readonly app: ModuleRef,
  ) {}

  /**
   * @throws FluxgateConfigError with everything that is wrong. Bootstrap fails when `@nestjs/event-emitter` is not
   * installed, or its module not imported.
   */
  static forRoot(given: FluxgateEventsOptions = {}): DynamicModule {
    const options = takenEvents(given);
    const problems = eventsProblems(options);
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    return {
      module: FluxgateEventsModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: PACKAGE, useFactory: () => loadEventEmitter() },
      ],
    };
  }

  onModuleInit(): void {
    const registry = this.find<BreakerRegistry>(BreakerRegistry);
    const emitter = this.find<TopicEmitter>(this.events.EventEmitter2);
    const problems: string[] = [];
    if (registry === undefined) problems.push(missing('breakers', 'FluxgateModule'));
    if (emitter === undefined) problems.push(missing('events', 'EventEmitterModule'));
    if (problems.length > 0) throw new FluxgateConfigError(ROOT, problems);
    this.stop = bindEventEmitter(registry!, emitter!, this.options);
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  private find<T>(type: Parameters<ModuleRef['get']>[0]): T | undefined {
    try {
      return this.app.get<T>(type, { strict: false });
    } catch {
      return undefined;
    }
  }
}

const missing = (what: string, module: string): string =>
  `there are no ${what}. Add ${module}.forRoot() to the imports of your root module.`;
