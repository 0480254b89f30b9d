/** Are two types the same, and not just assignable? */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the type says what is expected: `exactly<Same<string, typeof text>>(true)`. */
export const exactly = <T extends boolean>(_answer: T): void => {};
