import { expect } from '@jest/globals';

/** `expect(got).toEqual(wanted)` of what both say as JSON; a hundred times as fast where they are the same, for loops. */
export function expectSameJson(got: unknown, wanted: unknown): void {
  const [gotText, wantedText] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (gotText !== wantedText) expect(JSON.parse(gotText)).toEqual(JSON.parse(wantedText));
}
