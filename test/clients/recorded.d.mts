import type { RecordedRow } from './judge.mjs';

/** All recorded cells, family by family. */
export declare function readRecorded(): RecordedRow[];
