import { once } from 'node:events';
import { createServer } from 'node:net';

/** Everything here listens on this machine only. */
export const HOST = '127.0.0.1';

const HIGHEST_PORT = 65_535;
const TRIES = 20;

/** The wanted port, or the next one that nobody listens on; 0 (any) stays 0. */
export async function freePort(wanted: number): Promise<number> {
  const last = Math.min(wanted + TRIES - 1, HIGHEST_PORT);
  for (let port = wanted; port <= last; port++) {
    if (port === 0 || (await isFree(port))) return port;
  }
  throw new Error(`the ports ${wanted} to ${last} are all taken`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, HOST);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}

/** A port from the environment, `PORT=3005 npm start`. */
export function portFromEnv(name: string, fallback: number): number {
  const given = process.env[name];
  if (given === undefined || given === '') return fallback;
  const port = Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= HIGHEST_PORT) return port;
  throw new Error(`${name} must be a port from 0 to ${HIGHEST_PORT}, got "${given}"`);
}
