import { PrismaPg } from '@prisma/adapter-pg';
import { beside } from './shared/postgres-answers.mjs';
import { limits } from './shared/postgres-limits.mjs';
import { prismaClient } from './shared/prisma-client.mjs';
import { postgresSetup } from './shared/sql.mjs';
import { LOGIN } from './shared/wait.mjs';

function clientOf(target) {
  const { host, port, user, password, database, secure, timeoutMs, keep } = { ...LOGIN, ...target };
  const PrismaClient = prismaClient();
  const tls = secure && { ssl: true };
  const adapter = new PrismaPg({ host, port, user, password, database, ...tls, ...limits(timeoutMs) });
  const client = new PrismaClient({ adapter });
  keep(() => client.$disconnect());
  return client;
}

const note = 'Its time-outs are those of pg and off: connectionTimeoutMillis and query_timeout.';

/** What a model of Prisma is told no with: other codes than a raw query. */
const ofModels = [
  ['unique violation', 'contrast', (client) => client.item.create({ data: { id: 1 } })],
  ['foreign key violation', 'contrast', (client) => client.part.create({ data: { id: 1, item_id: 999 } })],
  ['missing row', 'contrast', (client) => client.item.update({ where: { id: 999 }, data: { note: 'c' } })],
  ['invalid argument', 'contrast', (client) => client.item.findMany({ where: { nowhere: 1 } })],
].map(([name, says, work]) => ({ name, says, call: (target) => work(clientOf(target)) }));

/** The transaction reads before and writes after somebody else has written. */
async function writeConflict(target) {
  const other = await beside(target);
  const client = clientOf(target);
  const work = async (transaction) => {
    await transaction.item.findMany();
    await other.query(`UPDATE item SET note = note || 'b' WHERE id = 1`);
    return transaction.item.update({ where: { id: 1 }, data: { note: 'c' } });
  };
  return client.$transaction(work, { isolationLevel: 'RepeatableRead' });
}

async function tooMany(target) {
  for (let count = 0; count < target.maxConnections; count += 1) {
    try {
      await beside(target);
    } catch {
      break;
    }
  }
  return clientOf(target).item.findFirst();
}

export const setups = [
  postgresSetup({
    name: 'prisma raw query (adapter-pg)',
    timeout: 'connectionTimeoutMillis, query_timeout of the adapter',
    package: '@prisma/client',
    notes: `A raw query throws P2010 whatever happened; meta.driverAdapterError tells. ${note}`,
    async connect(target) {
      const client = clientOf(target);
      return (text) =>
        text.startsWith('SELECT') ? client.$queryRawUnsafe(text) : client.$executeRawUnsafe(text);
    },
  }),
  {
    name: 'prisma model (adapter-pg)',
    timeout: 'connectionTimeoutMillis, query_timeout of the adapter',
    package: '@prisma/client',
    family: 'SQL',
    faults: 'tcp',
    real: 'postgres',
    tls: 'postgres',
    ownTimeout: true,
    takesSignal: false,
    off: '',
    notes: note,
    call: (target) => clientOf(target).item.findFirst(),
    async session(server, { keep }) {
      const client = clientOf({ ...server, keep });
      return { quick: () => client.item.findFirst(), slow: () => client.slow.findFirst() };
    },
    answers: [
      ...ofModels,
      { name: 'serialization failure', says: 'contention', call: writeConflict },
      { name: 'too many connections', says: 'overload', call: tooMany },
    ],
  },
];
