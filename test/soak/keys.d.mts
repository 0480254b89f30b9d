import type * as library from 'nestjs-fluxgate';
import type * as testing from 'nestjs-fluxgate/testing';

export function playKeys(
  from: Pick<typeof library, 'KeyedBreakers' | 'TimeWindow'> & Pick<typeof testing, 'ManualClock'>,
  options: { keys: number; max: number; onCheckpoint?: (at: number) => void },
): {
  group: library.KeyedBreakers;
  told: { added: number; removed: number };
  most: number;
  perKeyNs: number;
};
