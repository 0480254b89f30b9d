/** One recorded cell. */
export interface RecordedRow {
  client: string;
  cell: string;
  expect:
    | 'transport'
    | 'timeout'
    | 'status5xx'
    | 'overload'
    | 'contention'
    | 'ill'
    | 'contrast'
    | 'resolves'
    | 'never';
  tells?: boolean;
  why?: string;
  was?: string;
  verdict: string;
  knows?: { isAborted: boolean };
  value?: unknown;
}

export declare function verdictOf(row: RecordedRow, sees: readonly string[]): string;
