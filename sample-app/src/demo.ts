// npm run demo: an outage from its beginning to its end, on real sockets. Exit code 1 if a step does not hold.
import { Client } from './demo/client.js';
import { tell } from './demo/story.js';
import { picture, Timeline } from './demo/timeline.js';
import { startShop } from './shop.js';
import { paint } from './terminal/paint.js';

const AT_MOST_MS = 25_000;

setTimeout(() => fail(new Error(`it is not over after ${AT_MOST_MS / 1000} s`)), AT_MOST_MS).unref();

try {
  const timeline = new Timeline();
  const shop = await startShop({ port: 0, acquirerPort: 0, logger: false });
  try {
    console.log(`The shop ${shop.url} charges through the acquirer ${shop.acquirer.url},`);
    console.log(`a process of its own (${shop.acquirer.pid}) that counts the requests it gets.`);
    const client = new Client(shop);
    await tell(shop, client, timeline);
    console.log(`\n${picture(client.payments)}\n`);
  } finally {
    await shop.close();
  }
  console.log(`${paint('green', 'The demo holds.')} ${timeline.seconds}`);
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
