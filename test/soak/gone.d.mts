import type { BreakerRegistry } from 'nestjs-fluxgate';

export function makeUseRemove(
  library: object,
  count: number,
): Promise<{ refs: WeakRef<object>[]; registry: BreakerRegistry }>;
