import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const MODULES = new URL('../../node_modules/', import.meta.url);
const pathOf = (name) => fileURLToPath(new URL(name, MODULES));

const SCHEMA = `
generator client {
  provider = "prisma-client-js"
  output   = "./made"
}
datasource db {
  provider = "postgresql"
}
model item {
  id   Int     @id
  note String?
  part part[]
}
model part {
  id      Int  @id
  item_id Int
  item    item @relation(fields: [item_id], references: [id])
}
model slow {
  id   Int     @id
  note String?
}
`;

/** The class of a client made for the tables of the server; made when it is missing, below node_modules. */
export function prismaClient() {
  const { version } = JSON.parse(readFileSync(pathOf('prisma/package.json'), 'utf8'));
  const mark = createHash('sha256').update(SCHEMA).digest('hex').slice(0, 8);
  const folder = pathOf(`.shop-${version}-${mark}`);
  if (!existsSync(folder)) make(folder);
  return createRequire(import.meta.url)(`${folder}/made`).PrismaClient;
}

/** Made beside and moved, so that several processes may do it at once: the first one wins. */
function make(folder) {
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  writeFileSync(`${beside}/schema.prisma`, SCHEMA);
  // Making a client needs no engine; naming any program keeps it from being downloaded.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const args = [pathOf('prisma/build/index.js'), 'generate', '--schema', `${beside}/schema.prisma`];
  execFileSync(process.execPath, args, { env, cwd: fileURLToPath(MODULES), stdio: 'pipe', timeout: 60_000 });
  try {
    renameSync(beside, folder);
  } catch {
    rmSync(beside, { recursive: true, force: true });
  }
}
