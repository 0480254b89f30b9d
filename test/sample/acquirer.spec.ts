import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';

import { expect, it } from '@jest/globals';

import { Acquirer } from '../../sample-app/src/upstream/acquirer.js';

it('the acquirer lets go of a connection that is reset while it ends (Node then waited for it for ever)', async () => {
  const acquirer = new Acquirer();
  await acquirer.listen(0);
  await acquirer.setFault('hang');
  const { server } = acquirer as unknown as { readonly server: Server };
  const gone = new Promise((resolve) => {
    server.once('connection', (socket: Socket) => {
      // After the server's own listener, which ends its side as well.
      socket.once('end', () => void acquirer.setFault('reset')).once('close', () => resolve('closed'));
    });
  });
  const client = connect(Number(new URL(acquirer.url).port), '127.0.0.1').on('error', () => undefined);
  await once(client, 'connect');
  client.end('GET /payments/p-1 HTTP/1.1\r\nHost: acquirer\r\n\r\n');
  expect(await gone).toBe('closed');
  client.destroy();
  await acquirer.close();
});
