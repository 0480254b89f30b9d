import type { MethodTraits } from '../../lib/core/index.js';

/** What the engine is told of a method that is an async function. */
export const A_METHOD: MethodTraits = { isAsync: true, bodyOf: (value) => value };
