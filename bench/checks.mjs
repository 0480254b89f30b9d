// What must hold. A check is a figure of this run against the limit that the project set itself.

/** Three digits or so: 0.98 may be 0.975. */
const decimals = (value) => [100, 10, 1].filter((least) => Math.abs(value) < least).length;
export const figure = (value) => value.toFixed(decimals(value));

const check = (what, got, limit, unit, isMet) => ({ what, got, limit, unit, isMet });

export const atMost = (limit, what, got, unit = '×') => check(what, got, `≤ ${limit}`, unit, got <= limit);
export const atLeast = (limit, what, got, unit = '×') => check(what, got, `≥ ${limit}`, unit, got >= limit);
