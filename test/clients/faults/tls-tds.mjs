const ANSWER = 4;
const PRELOGIN = 18;
const LAST = 1;

/** The length of what each packet begins with. */
export const HEAD = 8;
export const lengthIn = (head) => head.readUInt16BE(2) - HEAD;

export function packet(body, type = PRELOGIN) {
  const head = Buffer.from([type, LAST, 0, 0, 0, 0, 1, 0]);
  head.writeUInt16BE(HEAD + body.length, 2);
  return Buffer.concat([head, body]);
}

/** A table of what follows (kind, where, how long), the version, and that TLS is on. */
const VERSION = [0, 0, 11, 0, 6];
const ENCRYPTION = [1, 0, 17, 0, 1];
const END = 255;
export const PRELOGIN_ANSWER = packet(
  Buffer.from([...VERSION, ...ENCRYPTION, END, 16, 0, 0, 0, 0, 0, 1]),
  ANSWER,
);
