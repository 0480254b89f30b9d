/** `seconds(1.5)` is 1500: durations in this package are milliseconds. */
export const seconds = (count: number): number => count * 1000;

/** `minutes(5)` is 300 000 milliseconds. */
export const minutes = (count: number): number => seconds(count * 60);

/** `hours(1)` is 3 600 000 milliseconds. */
export const hours = (count: number): number => minutes(count * 60);
