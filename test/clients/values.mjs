// What a client threw, as plain JSON that keeps all that a tracker can read, and back.
export { decode } from './values/decode.mjs';
export { encode } from './values/encode.mjs';
