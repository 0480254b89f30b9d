export { CountWindow, TimeWindow, toWindow, type Window, type WindowLike } from './windows.js';
export { recallTally } from './memory.js';
