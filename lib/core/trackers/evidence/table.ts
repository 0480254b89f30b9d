/** The words of a text, for tables that people read. */
export const words = (text: string): string[] => text.trim().split(/\s+/);

/** Entries of a table: each of these words with the same value. */
export const all = <T>(text: string, value: T): [string, T][] => words(text).map((word) => [word, value]);
