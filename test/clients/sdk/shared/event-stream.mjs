import { crc32 } from 'node:zlib';

const TEXT = 7;

function header([name, value]) {
  const head = Buffer.from([name.length, ...Buffer.from(name), TEXT, 0, 0]);
  head.writeUInt16BE(value.length, head.length - 2);
  return Buffer.concat([head, Buffer.from(value)]);
}

function number(value) {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

/** One message as AWS frames it: lengths, their checksum, headers, JSON, and the checksum of it all. */
function message(headers, body) {
  const head = Buffer.concat(Object.entries(headers).map(header));
  const payload = Buffer.from(JSON.stringify(body));
  const lengths = Buffer.concat([number(16 + head.length + payload.length), number(head.length)]);
  const whole = Buffer.concat([lengths, number(crc32(lengths)), head, payload]);
  return Buffer.concat([whole, number(crc32(whole))]);
}

const JSON_TYPE = { ':content-type': 'application/json' };

export const event = (type, body) =>
  message({ ':message-type': 'event', ':event-type': type, ...JSON_TYPE }, body);
export const exception = (type, text) =>
  message({ ':message-type': 'exception', ':exception-type': type, ...JSON_TYPE }, { message: text });
