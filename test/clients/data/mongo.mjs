import { MongoClient } from 'mongodb';
import mongoose from 'mongoose';

const common = { family: 'Document', faults: 'tcp', tls: 'mongodb', off: 'serverSelectionTimeoutMS: 1000' };
const waits =
  'It looks for a server that answers again and again for 30 s (serverSelectionTimeoutMS) before it says anything';
const SHORT_MS = 1000;

const short = (timeoutMs) => (timeoutMs === undefined ? {} : { serverSelectionTimeoutMS: timeoutMs });
const urlOf = ({ host, port, secure }) => `mongodb://${host}:${port}/shop${secure ? '?tls=true' : ''}`;

async function find({ signal, timeoutMs, keep, ...target }) {
  const client = new MongoClient(urlOf(target), short(timeoutMs));
  keep(() => client.close(true));
  return client
    .db()
    .collection('item')
    .findOne({}, signal === undefined ? {} : { signal });
}

function connectionOf({ timeoutMs, keep, ...target }) {
  const connection = mongoose.createConnection(urlOf(target), short(timeoutMs));
  connection.on('error', () => {});
  keep(() => connection.close(true));
  return connection;
}

export const setups = [
  {
    ...common,
    name: 'mongodb',
    package: 'mongodb',
    ownTimeout: true,
    takesSignal: true,
    notes: `${waits}. timeoutMS does not cover the first call of a client.`,
    call: find,
  },
  {
    ...common,
    name: 'mongodb serverSelectionTimeoutMS: 1000',
    package: 'mongodb',
    ownTimeout: false,
    takesSignal: false,
    notes:
      'With a limit of one second it tells what was wrong with the server; it calls a connection that could not be made SystemOverloadedError.',
    call: (target) => find({ ...target, timeoutMs: SHORT_MS }),
  },
  {
    ...common,
    name: 'mongoose connect',
    timeout: 'serverSelectionTimeoutMS',
    package: 'mongoose',
    ownTimeout: true,
    takesSignal: false,
    notes: `${waits}.`,
    call: (target) => connectionOf(target).asPromise(),
  },
  {
    ...common,
    name: 'mongoose connect serverSelectionTimeoutMS: 1000',
    package: 'mongoose',
    ownTimeout: false,
    takesSignal: false,
    notes: 'With a limit of one second it tells what was wrong with the server, below reason.servers.',
    call: (target) => connectionOf({ ...target, timeoutMs: SHORT_MS }).asPromise(),
  },
  {
    ...common,
    name: 'mongoose query',
    timeout: 'bufferTimeoutMS',
    package: 'mongoose',
    off: 'bufferCommands: false',
    ownTimeout: true,
    takesSignal: false,
    notes: 'A query waits for the connection for 10 s (bufferTimeoutMS) and says only that.',
    async call({ timeoutMs, ...target }) {
      const connection = connectionOf(target);
      connection.asPromise().catch(() => {});
      const limit = timeoutMs === undefined ? {} : { bufferTimeoutMS: timeoutMs };
      return connection.model('Item', new mongoose.Schema({ note: String }, limit)).findOne();
    },
  },
];
