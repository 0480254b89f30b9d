// What must hold. A check is a figure of this run against the limit that the project set itself.

const decimals = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
export const figure = (value) => value.toFixed(decimals(value));

const check = (what, got, limit, unit, isMet) => ({ what, got, limit, unit, isMet });

export const atMost = (limit, what, got, unit = '×') => check(what, got, `≤ ${limit}`, unit, got <= limit);
export const atLeast = (limit, what, got, unit = '×') => check(what, got, `≥ ${limit}`, unit, got >= limit);
