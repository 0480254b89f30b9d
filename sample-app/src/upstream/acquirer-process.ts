import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { Fault } from './acquirer.js';
import type { AcquirerStatus } from './control.js';
import type { Addresses } from './main.js';

const MAIN = new URL('./main.js', import.meta.url);

/** The acquirer, as the shop's process holds it. */
export class AcquirerProcess {
  private isStopping = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly controlUrl: string,
  ) {}

  /** Resolves when it listens. */
  static async start(port: number): Promise<AcquirerProcess> {
    const child = fork(MAIN, [String(port)]);
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the acquirer did not start (${signal ?? `exit code ${code}`})`);
    });
    const [addresses] = (await Promise.race([once(child, 'message'), ended])) as [Addresses];
    ended.catch(() => {}); // From here on an end is no failed start.
    return new AcquirerProcess(child, addresses.url, addresses.controlUrl);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Tells when it ends without having been asked to. */
  onEnd(listener: (how: string) => void): void {
    this.child.once('exit', (code, signal) => {
      if (!this.isStopping) listener(signal ?? `exit code ${code}`);
    });
  }

  /** Breaks or heals it. */
  setFault(fault: Fault): Promise<AcquirerStatus> {
    return this.ask(`?mode=${fault}`);
  }

  /** The requests that reached it. */
  async requests(): Promise<number> {
    return (await this.ask()).requests;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL'); // It has nothing to save.
    await ended;
  }

  private async ask(query = ''): Promise<AcquirerStatus> {
    const response = await fetch(`${this.controlUrl}/__fault${query}`, { method: 'POST' });
    if (!response.ok) throw new Error(`the acquirer's control answered ${await response.text()}`);
    return (await response.json()) as AcquirerStatus;
  }
}
