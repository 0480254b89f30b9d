/** What was thrown or returned, as plain JSON. */
export declare function encode(thrown: unknown): unknown;
/** A value of the same shape, with classes of the same names. */
export declare function decode(code: unknown): unknown;
