import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** The message types a client sends that count here, by the code of their first byte. */
const [QUERY, PARSE, DESCRIBE, BIND, EXECUTE, SYNC] = Array.from('QPDBES', (letter) => letter.charCodeAt(0));
const READY = message('Z', Buffer.from('I'));
const COLUMNS = [
  { name: 'id', type: 23, value: '1' },
  { name: 'name', type: 25, value: 'first' },
];

/** Speaks enough of the PostgreSQL protocol for pg: every query gives one row, `{ id: 1, name: 'first' }`. */
export class Postgres {
  /** What reached it, in order: the witness of every story. */
  readonly queries: string[] = [];
  /** `'fail'`: too many connections (53300). `'hang'`: no answer. */
  mood: 'answer' | 'fail' | 'hang' = 'answer';
  readonly port: number;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: ReturnType<typeof createServer>) {
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(): Promise<Postgres> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Postgres(server);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket.setNoDelay());
    let rest = Buffer.alloc(0);
    let isStarted = false;
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      if (!isStarted) {
        if (rest.length < 4 || rest.length < rest.readInt32BE(0)) return;
        isStarted = true;
        rest = rest.subarray(rest.readInt32BE(0));
        socket.write(Buffer.concat([message('R', int32(0)), READY]));
      }
      while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
        const end = 1 + rest.readInt32BE(1);
        this.answer(socket, rest[0]!, rest.subarray(5, end));
        rest = rest.subarray(end);
      }
    });
  }

  private answer(socket: Socket, type: number, body: Buffer): void {
    if (type === QUERY) this.queries.push(textAt(body, 0));
    if (type === PARSE) this.queries.push(textAt(body, body.indexOf(0) + 1));
    if (this.mood === 'hang') return;
    const isBad = this.mood === 'fail';
    const rows = [dataRow(), message('C', text('SELECT 1'))];
    if (type === QUERY)
      socket.write(Buffer.concat([...(isBad ? [refusal()] : [rowTitle(), ...rows]), READY]));
    if (type === PARSE) socket.write(isBad ? refusal() : message('1'));
    if (type === SYNC) socket.write(READY);
    if (isBad) return;
    if (type === BIND) socket.write(message('2'));
    if (type === DESCRIBE) socket.write(rowTitle());
    if (type === EXECUTE) socket.write(Buffer.concat(rows));
  }
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const textAt = (body: Buffer, from: number): string => body.toString('utf8', from, body.indexOf(0, from));

function rowTitle(): Buffer {
  const fields = COLUMNS.map(({ name, type }) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)]),
  );
  return message('T', int16(COLUMNS.length), ...fields);
}

function dataRow(): Buffer {
  const values = COLUMNS.map(({ value }) => Buffer.concat([int32(value.length), Buffer.from(value)]));
  return message('D', int16(COLUMNS.length), ...values);
}

function refusal(): Buffer {
  return message('E', text('SERROR'), text('C53300'), text('Mtoo many connections'), Buffer.from([0]));
}
