// The acquirer's own process. The shop forks it and learns its addresses over the channel between the two.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { freePort, HOST } from '../free-port.js';
import { Acquirer } from './acquirer.js';
import { createControl } from './control.js';

/** What the shop is told. */
export interface Addresses {
  readonly url: string;
  readonly controlUrl: string;
}

// Ctrl-C reaches both processes: the shop says when this one ends. It ends with the shop, however that dies.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

try {
  const port = await freePort(Number(process.argv[2]));
  const acquirer = new Acquirer();
  await acquirer.listen(port);

  const control = createControl(acquirer).listen(await freePort(port === 0 ? 0 : port + 1), HOST);
  await once(control, 'listening');
  const { port: controlPort } = control.address() as AddressInfo;

  process.send?.({ url: acquirer.url, controlUrl: `http://${HOST}:${controlPort}` } satisfies Addresses);
} catch (error) {
  console.error(`The acquirer: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
