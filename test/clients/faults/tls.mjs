// TLS trouble of what is not HTTP: a server that speaks no TLS to a client that was told to, and one whose certificate
// is signed by itself. Each protocol is spoken as far as TLS, and no further.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { certificate } from './certificate.mjs';
import { listen } from './sockets.mjs';
import * as mysql from './tls-mysql.mjs';
import * as tds from './tls-tds.mjs';

const INFO = { server_id: 'made-up', version: '2.10.0', proto: 1, headers: true, max_payload: 1_048_576 };
const natsInfo = (more) => `INFO ${JSON.stringify({ ...INFO, ...more })}\r\n`;
/** An empty SETTINGS frame: what a server of HTTP/2 begins with. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** The length of a request for TLS in the protocol of PostgreSQL. */
const SSL_REQUEST = 8;

const GREETING = '220 mail.example ESMTP\r\n';
/** Where the number of a request of LDAP stands, which its answer repeats. */
const NUMBER_AT = 4;
/** The answer of LDAP to a request for TLS, with its result code. */
const extended = (code) => (request) =>
  Buffer.from([48, 12, 2, 1, request[NUMBER_AT], 120, 7, 10, 1, code, 4, 0, 4, 0]);

const waits = () => {};
const says = (bytes) => (socket) => void socket.write(bytes);
const hangsUp = async (socket) => {
  await once(socket, 'readable');
  socket.resume().end();
};
const answers = (bytes) => async (socket) => {
  await once(socket, 'readable');
  socket.resume().end(bytes);
};
/** The first thing at once, each of the others upon what the client says: bytes, or a function of what was said. */
const talks =
  (first, ...others) =>
  async (socket) => {
    socket.write(first);
    for (const other of others) {
      const said = await readBytes(socket);
      socket.write(typeof other === 'function' ? other(said) : other);
    }
  };
const asked =
  (answer, next = waits) =>
  async (socket) => {
    await readBytes(socket, SSL_REQUEST);
    socket.write(answer);
    return next(socket);
  };

/** TLS begins with the first byte; `plain` is what a server makes of that which has none. */
const atOnce = (plain) => ({ plain, before: waits });

/** By protocol: what a server without TLS does, and what comes before TLS where there is one. */
const PROTOCOLS = {
  // Redis says so when there happens to be the end of a line in what it cannot read; otherwise it waits for one.
  redis: atOnce(answers('-ERR unknown command\r\n')),
  amqp: atOnce(answers('AMQP\0\0\u0009\u0001')),
  cassandra: atOnce(answers(Buffer.from([0x84, 0, 0, 0, 0, 0, 0, 0, 0]))),
  smtp: atOnce(says(GREETING)),
  // STARTTLS: the first line is the client's EHLO, the second one asks for TLS.
  smtpLater: {
    plain: talks(GREETING, '250 mail.example\r\n', '502 unknown command\r\n'),
    before: talks(GREETING, '250-mail.example\r\n250 STARTTLS\r\n', '220 go ahead\r\n'),
  },
  ldapLater: { plain: talks('', extended(2)), before: talks('', extended(0)) },
  grpc: atOnce(says(SETTINGS)),
  kafka: atOnce(hangsUp),
  mongodb: atOnce(hangsUp),
  mqtt: atOnce(hangsUp),
  ldap: atOnce(hangsUp),
  // It waits for the end of the length, which may never come.
  nest: atOnce(waits),
  nats: { plain: says(natsInfo({})), before: says(natsInfo({ tls_required: true })) },
  postgres: { plain: asked('N', hangsUp), before: asked('S') },
  mysql: {
    plain: says(mysql.greeting({ hasTls: false })),
    async before(socket) {
      socket.write(mysql.greeting({ hasTls: true }));
      await readBytes(socket, mysql.SSL_REQUEST);
    },
  },
  // A server that says it has none is logged in to in the clear.
  tds: {
    async before(socket) {
      await readPacket(socket);
      socket.write(tds.PRELOGIN_ANSWER);
      return inPackets(socket);
    },
  },
};

/** Whether the protocol has servers without TLS. */
export const canBePlain = (protocol) => PROTOCOLS[protocol].plain !== undefined;

export async function plain(protocol) {
  return { ...(await serve(PROTOCOLS[protocol].plain)), secure: true };
}

export async function selfSigned(protocol) {
  const ours = await certificate();
  const begin = async (socket) => {
    const carrier = (await PROTOCOLS[protocol].before(socket)) ?? socket;
    const secured = new TLSSocket(carrier, { isServer: true, ...ours });
    secured.on('error', waits).resume();
  };
  return { ...(await serve(begin)), secure: true };
}

/** A client that goes in the middle of the talk is no trouble. */
const serve = (begin) => listen(createServer((socket) => void Promise.resolve(begin(socket)).catch(waits)));

/** Exactly so many; what follows stays unread. Without a count all that is there. */
async function readBytes(socket, count) {
  for (let bytes = socket.read(count); ; bytes = socket.read(count)) {
    if (bytes !== null) return bytes;
    if (socket.destroyed || socket.readableEnded) throw new Error('The client has gone.');
    await once(socket, 'readable');
  }
}

async function readPacket(socket) {
  const head = await readBytes(socket, tds.HEAD);
  return readBytes(socket, tds.lengthIn(head));
}

/** What is written comes in packets, and so does what is read: TDS carries the handshake of TLS so. */
function inPackets(socket) {
  const carrier = new Duplex({
    read() {
      readPacket(socket).then(
        (bytes) => carrier.push(bytes),
        () => carrier.push(null),
      );
    },
    write: (bytes, _encoding, done) => socket.write(tds.packet(bytes), done),
  });
  return carrier;
}
