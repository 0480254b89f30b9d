export interface Story {
  readonly trace: string;
  readonly calls: number;
  /** On the manual clock. */
  readonly tookMs: number;
  readonly rejected: number;
  readonly moves: Readonly<Record<string, number>>;
}

export function playStory(
  library: object,
  options: { calls: number; seed: number; onCheckpoint?: (calls: number) => void },
): Story;
