const PROTOCOL_41 = 0x02_00;
const TLS = 0x08_00;
const SECURE_CONNECTION = 0x80_00;
/** In the upper half. */
const PLUGIN_AUTH = 0x00_08;

/** The length of the packet in which a client asks for TLS, with its head. */
export const SSL_REQUEST = 36;

const half = (value) => Buffer.from([value & 0xff, value >> 8]);

/** The first packet of a MySQL 8, with or without TLS among what it can do. */
export function greeting({ hasTls }) {
  const lower = PROTOCOL_41 | SECURE_CONNECTION | (hasTls ? TLS : 0);
  const body = Buffer.concat([
    Buffer.from('\u000a8.0.40\0', 'latin1'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('saltsalt\0'),
    half(lower),
    Buffer.from([33]),
    half(2),
    half(PLUGIN_AUTH),
    Buffer.from([21]),
    Buffer.alloc(10),
    Buffer.from('saltsaltsalt\0mysql_native_password\0'),
  ]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body]);
}
