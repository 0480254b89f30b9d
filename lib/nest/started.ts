import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

import { appRuns } from './slot.js';
import { INTERCEPTOR_TOKEN } from './tokens.js';

/**
 * Has the app started? It has when the last hook of its bootstrap runs, and that is this one. An app whose start
 * fails tells nobody, so it must not count before.
 */
@Module({})
export class FluxgateStartedModule implements OnApplicationBootstrap {
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(INTERCEPTOR_TOKEN) private readonly interceptor: unknown,
  ) {
    // Nest runs the hooks of the modules that are nearest to the root last; no other is that near.
    for (const module of modules.values())
      if (module.metatype === FluxgateStartedModule) module.distance = -1;
  }

  onApplicationBootstrap(): void {
    appRuns(this.interceptor);
  }
}
