import { createServer, type Server } from 'node:http';

import { FAULTS, isFault, type Acquirer } from './acquirer.js';

/** What the control answers. */
export interface AcquirerStatus {
  readonly fault: string;
  readonly requests: number;
}

/**
 * Breaks and heals the acquirer: `/__fault` tells, `/__fault?mode=500` sets. It has a port of its own, so that
 * it works while the acquirer refuses connections, and is not counted.
 */
export function createControl(acquirer: Acquirer): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://control');
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    const tell = (): void =>
      reply(200, { fault: acquirer.fault, requests: acquirer.requests } satisfies AcquirerStatus);
    const mode = searchParams.get('mode');
    if (pathname !== '/__fault') reply(404, { error: 'try /__fault' });
    else if (mode === null) tell();
    else if (!isFault(mode)) reply(400, { error: `mode must be one of ${FAULTS.join(', ')}` });
    else acquirer.setFault(mode).then(tell, (error: Error) => reply(500, { error: error.message }));
  });
}
