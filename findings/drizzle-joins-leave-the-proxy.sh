#!/usr/bin/env bash
#
# drizzle-orm 0.45.4: the joins and unions of a select builder (`leftJoin`, `innerJoin`, `union`, …) and `execute` are
# properties of each object, made by its constructor and bound to it. Through a Proxy around the builder they give the
# builder itself, and the chain goes on without the Proxy. `where`, `limit`, `orderBy` and so on are methods of the class
# and give what they were called on. So a Proxy that counts or guards queries sees some, and misses all with a join.
#
# Expected:
#   All methods of one builder that give "itself" give the object they were called on.
#
# Seen, and asserted line by line (with Node 20.20.2, 22.23.3 and 24.21.0):
#   | where gives the proxy
#   | limit gives the proxy
#   | orderBy gives the proxy
#   | leftJoin gives the builder behind it
#   | innerJoin gives the builder behind it
#   | union gives the builder behind it
#   | awaited without a join: the proxy is asked for where, config, then, execute
#   | awaited with a join: the proxy is asked for leftJoin
set -euo pipefail

lines=$(sed -n 's/^#   | //p' "${BASH_SOURCE[0]}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --ignore-scripts --loglevel=error --fetch-timeout=60000 --fetch-retries=1 \
  drizzle-orm@0.45.4 > npm.log 2>&1 || {
  cat npm.log >&2
  exit 1
}

cat > show.mjs << 'JS'
import { eq } from 'drizzle-orm';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pg-proxy';

setTimeout(() => process.exit(2), 30_000).unref(); // never longer than this
const orders = pgTable('orders', { id: integer('id') });
const items = pgTable('items', { id: integer('id') });
const db = drizzle(async () => ({ rows: [] }));
const query = () => db.select({ id: orders.id }).from(orders);

const steps = {
  where: (builder) => builder.where(eq(orders.id, 1)),
  limit: (builder) => builder.limit(1),
  orderBy: (builder) => builder.orderBy(orders.id),
  leftJoin: (builder) => builder.leftJoin(items, eq(orders.id, items.id)),
  innerJoin: (builder) => builder.innerJoin(items, eq(orders.id, items.id)),
  union: (builder) => builder.union(query()),
};
for (const [name, step] of Object.entries(steps)) {
  const builder = query();
  const proxy = new Proxy(builder, {});
  const given = step(proxy);
  const words = given === proxy ? 'the proxy' : given === builder ? 'the builder behind it' : 'another';
  console.log(`${name} gives ${words}`);
}

async function asked(step) {
  const keys = [];
  const get = (target, key, receiver) => {
    keys.push(String(key));
    return Reflect.get(target, key, receiver);
  };
  await step(new Proxy(query(), { get }));
  return keys.join(', ');
}
console.log(`awaited without a join: the proxy is asked for ${await asked(steps.where)}`);
console.log(`awaited with a join: the proxy is asked for ${await asked((it) => steps.where(steps.leftJoin(it)))}`);
JS

seen=$(node show.mjs)
printf '%s\n' "$seen"
if [ "$seen" != "$lines" ]; then
  printf 'This is no longer what was seen:\n%s\n' "$lines" >&2
  exit 1
fi
