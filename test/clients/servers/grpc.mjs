import { fileURLToPath } from 'node:url';
import { freePort, startProcess } from './process.mjs';

const SERVICE = fileURLToPath(new URL('../brokers/shared/grpc-process.mjs', import.meta.url));

/** The service of items.proto in a process of its own. */
export async function start() {
  const port = await freePort();
  return startProcess({ command: process.execPath, args: [SERVICE, String(port)], port });
}
