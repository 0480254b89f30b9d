import type { Clock, Timer } from '../core/index.js';

/** What is sent: always a POST of JSON. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  /** Which answers have a body worth reading. */
  readonly reads: (status: number) => boolean;
}

/** What came back; or why nothing did. */
export type WireAnswer =
  | { readonly status: number; readonly waitMs?: number; readonly text: string }
  | { readonly status: 0; readonly reason: string };

/** A longer answer is not read. Slack's repeats the message. */
const MAX_ANSWER = 256 * 1024;

const ABANDONED = 'given up at shutdown';

/** One request after another, each with its time limit. Nothing it says has a word of the URL or the headers. */
export class Wire {
  private giveUp: (reason: string) => void = () => {};
  private isAbandoned = false;

  constructor(
    readonly clock: Clock,
    private readonly timeoutMs: number,
    /** Default: the global one, as it is at that moment. */
    private readonly fetch: typeof globalThis.fetch | undefined,
  ) {}

  /** Never throws. */
  async post(request: WireRequest): Promise<WireAnswer> {
    if (this.isAbandoned) return { status: 0, reason: ABANDONED };
    const aborter = new AbortController();
    let timer: Timer | undefined;
    // Beside the abort, for a fetch of the user's that knows no signal.
    const lost = new Promise<WireAnswer>((resolve) => {
      this.giveUp = (reason) => {
        resolve({ status: 0, reason });
        aborter.abort();
      };
      const limit = `no answer within ${this.timeoutMs} ms`;
      timer = this.clock.setTimer(() => this.giveUp(limit), this.timeoutMs);
      timer.unref?.();
    });
    const answer = this.exchange(request, aborter.signal).catch((error: unknown) => {
      return { status: 0, reason: nameOf(error) } as const;
    });
    try {
      return await Promise.race([lost, answer]);
    } finally {
      timer?.cancel();
    }
  }

  /** Gives the request under way up, and sends no other. */
  abandon(): void {
    this.isAbandoned = true;
    this.giveUp(ABANDONED);
  }

  private async exchange(
    { url, headers, body, reads }: WireRequest,
    signal: AbortSignal,
  ): Promise<WireAnswer> {
    const ask = this.fetch ?? globalThis.fetch;
    // A redirect would carry what is secret to who was not meant.
    const response = await ask(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const { status } = response;
    const text = reads(status) ? await readText(response) : '';
    if (!reads(status)) void response.body?.cancel().catch(() => {});
    return { status, text, waitMs: retryAfterMs(response.headers.get('retry-after'), this.clock.wallNow()) };
  }
}

/** A body; what breaks off, or does not end, is as good as nothing. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MAX_ANSWER) return '';
    }
  } catch {
    return '';
  }
  return text;
}

/** `Retry-After`: seconds, or a date. */
export function retryAfterMs(header: string | null, wallNow: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse would also take "-5" and "1.2.3" for dates.
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallNow);
}

/** What failed, by its code or name: messages of fetch quote URLs and headers. */
function nameOf(error: unknown): string {
  try {
    const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
    const said = [cause?.code, name].filter((one) => typeof one === 'string');
    const code = said.find((one) => /^\w{1,40}$/.test(one));
    return code === undefined ? 'no connection' : `no connection (${code})`;
  } catch {
    return 'no connection';
  }
}
