// An app, or two, with calls that hang: closing it lets the process end, and cancels nothing.
import 'reflect-metadata';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { CircuitBreaker, FluxgateModule } from '../../../lib/index.js';

const never = (): Promise<never> => new Promise(() => undefined);

@Injectable()
class Payments {
  @CircuitBreaker('payments')
  async status(): Promise<string> {
    return never();
  }

  @CircuitBreaker('hosts', { key: (host: string) => host })
  async ask(_host: string): Promise<string> {
    return never();
  }
}

async function anApp(timeoutMs: number): Promise<INestApplicationContext> {
  const defaults = { timeoutMs };
  const breakers = { payments: {}, hosts: { keys: {} } };
  @Module({ imports: [FluxgateModule.forRoot({ defaults, breakers })], providers: [Payments] })
  class App {}
  return NestFactory.createApplicationContext(App, { logger: false });
}

function hang(app: INestApplicationContext, name: string): void {
  const payments = app.get(Payments);
  const tell = (error: Error): void => console.log(`${name}: ${error.constructor.name}`);
  payments.status().catch(tell);
  payments.ask('eu.example').catch(tell);
}

if (process.argv[2] === 'one') {
  const app = await anApp(60_000);
  hang(app, 'one');
  await app.close();
  hang(app, 'one'); // Later calls hold it neither.
} else if (process.argv[2] === 'cancels nothing') {
  const app = await anApp(100);
  hang(app, 'one');
  await app.close();
  setTimeout(() => undefined, 300); // Something else goes on.
} else {
  const [one, two] = [await anApp(60_000), await anApp(400)];
  hang(one, 'one');
  hang(two, 'two');
  await one.close(); // The other app's calls still hold the process.
}
console.log('closed');
