import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

// An example is copied: one that takes every answer for a success guards nothing.

/** Where a fetch is called in what is shown to readers: code of pages and of the sample app, and doc comments. */
function calls(file: string): { readonly at: string; readonly text: string }[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    const isShown = !file.startsWith('lib/') || /^\s*\*/.test(line);
    if (!isShown || !/\bfetch\(/.test(line)) return [];
    return [{ at: `${file}:${i + 1}`, text: lines.slice(Math.max(0, i - 3), i + 10).join('\n') }];
  });
}

const filesIn = (folder: string, ending: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`);

const files = [
  'README.md',
  ...filesIn('docs', '.md'),
  ...filesIn('lib', '.ts'),
  ...filesIn('sample-app/src', '.ts'),
];
const examples = files.flatMap(calls);

describe('every example of a fetch', () => {
  it('is found', () => {
    expect(examples.length).toBeGreaterThan(15);
  });

  it.each(examples)('looks at the status of the answer, in its code or by `trackResult`: $at', ({ text }) => {
    expect(text).toMatch(/\bok\b|\bstatus\b|okOrThrow|ResponseStatusIn\(/);
  });
});
