// Runs one block, in a process of its own, and then what its setup left in `globalThis.afterBlock`: that is waited for,
// however long it takes. A block that leaves something open (a server, a timer) may: once its top
// level is done it gets a moment for promises that nobody waits for, then the process ends.
import { pathToFileURL } from 'node:url';

const graceMs = 500;

await import(pathToFileURL(process.argv[2]).href);
await globalThis.afterBlock?.();
setTimeout(() => process.exit(process.exitCode ?? 0), graceMs).unref();
