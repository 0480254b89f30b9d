import { describe, expect, it } from '@jest/globals';

import '../../lib/nest/process-wide.js';
import * as tokens from '../../lib/nest/tokens.js';

describe('what two copies of the package have to agree on', () => {
  it('keeps its names from version to version', () => {
    expect(tokens.getBreakerToken('payments')).toBe('FluxgateBreaker(payments)');
    expect(tokens).toMatchObject({
      INTERCEPTOR_TOKEN: 'FluxgateInterceptor',
      REGISTRY_TOKEN: 'FluxgateRegistry',
      OPTIONS_TOKEN: 'FluxgateOptions',
      READY_TOKEN: 'FluxgateReady',
      FEATURE_TOKEN: 'FluxgateFeature',
      INTERCEPTOR_SLOT: Symbol.for(
        '@CircuitBreaker requires FluxgateModule.forRoot() in the imports of your root module (in tests: FluxgateTestingModule.forRoot())',
      ),
      MODULE_SLOT: Symbol.for('nestjs-fluxgate.module'),
      GUARDED: 'fluxgate:guarded',
      MEMBERS: 'fluxgate:members',
      TRACK_WHEN: 'fluxgate:track-when',
      TRACKED_MEMBERS: 'fluxgate:tracked-members',
      CLASS_BREAKER: 'fluxgate:class-breaker',
      HANDLINGS: 'fluxgate:handlings',
      CREATES_UNKNOWN: Symbol.for('nestjs-fluxgate.createsUnknown'),
    });
    expect(Symbol.for('nestjs-fluxgate.process-wide') in globalThis).toBe(true);
  });
});

describe('a class in a message', () => {
  it.each<[unknown, string]>([
    [class Shop {}, 'Shop'],
    [class {}, 'anonymous class'],
    [undefined, 'anonymous class'],
    [null, 'anonymous class'],
  ])('%p is called %p', (type, name) => {
    expect(tokens.classNameOf(type)).toBe(name);
  });
});
