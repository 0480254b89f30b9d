import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a process ended: its exit code, what it printed, and how long that took from its first line on. */
export interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
  readonly tookMs: number;
}

const TYPESCRIPT = fileURLToPath(new URL('../../soak/typescript.mjs', import.meta.url));

/** Runs the script in a Node of its own, by the sources in lib/; one that does not end is killed, and has no code. */
export async function runScript(script: URL, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', TYPESCRIPT, fileURLToPath(script), ...args], {
    timeout: 20_000,
  });
  let [output, errors, startedMs] = ['', '', NaN];
  child.stdout.on('data', (data: Buffer) => {
    if (output === '') startedMs = performance.now();
    output += String(data);
  });
  child.stderr.on('data', (data: Buffer) => (errors += String(data)));
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const lines = output.trim().split('\n');
  return { code, lines, errors, tookMs: performance.now() - startedMs };
}
