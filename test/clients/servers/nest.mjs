import { fileURLToPath } from 'node:url';
import { freePort, startProcess } from './process.mjs';

const SERVICE = fileURLToPath(new URL('../brokers/shared/nest-process.mjs', import.meta.url));

/** A microservice of Nest over TCP, in a process of its own. */
export async function start() {
  const port = await freePort();
  return startProcess({ command: process.execPath, args: [SERVICE, String(port)], port });
}
