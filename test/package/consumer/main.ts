import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { BreakerRegistry, CallNotPermittedException, Payments, ShopModule } from './shop.js';

/** `require` and `import` must meet in one copy of every entry. */
async function oneCopy(entry: string): Promise<void> {
  const require = createRequire(join(process.cwd(), 'main.js'));
  const required = require(entry) as Record<string, unknown>;
  const imported = (await import(entry)) as Record<string, unknown>;
  const names = Object.keys(required).filter((name) => name !== 'default' && name !== '__esModule');
  assert.ok(names.length > 0, `${entry} exports nothing`);
  for (const name of names) assert.equal(required[name], imported[name], `${entry}: two copies of ${name}`);
}

async function main(): Promise<void> {
  const app = await NestFactory.create(ShopModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  try {
    const url = await app.getUrl();
    const answers = [await fetch(url), await fetch(url), await fetch(url)];
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [500, 500, 503],
    );
    assert.equal(answers[2]?.headers.get('retry-after'), '60');
    const payments = app.get(Payments);
    assert.equal(payments.calls, 2);
    assert.equal(payments.breaker.snapshot().state, 'open');
    assert.equal(app.get(BreakerRegistry).get('payments'), payments.breaker);
    await assert.rejects(payments.status('43'), CallNotPermittedException);
  } finally {
    await app.close();
  }
  const entries = JSON.parse(process.env['ENTRIES'] ?? '[]') as string[];
  assert.ok(entries.length > 0);
  for (const entry of entries) await oneCopy(entry);
  console.log(`opened and rejected; ${entries.join(', ')}: one copy each`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
