import { setTimeout } from 'node:timers/promises';

/** Waits for what a real socket brings, at most two seconds. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const endsAt = performance.now() + 2000;
  while (!isSo()) {
    if (performance.now() > endsAt) throw new Error(`It did not come to this within 2 s: ${what}.`);
    await setTimeout(1);
  }
}
