import type { Client, Requests } from './clients.js';
import type { Misbehaviour } from './upstream.js';

/** What an upstream does, and what comes of it; a row of the table in docs/testing/faults.md. */
export interface Fault {
  readonly fault: string;
  readonly mood: number | Misbehaviour;
  /** How the client limits its own requests, if it does. */
  readonly patience?: Requests['patience'];
  /** What the breaker was told → the status that the app's own client got; some faults are seen in two ways. */
  readonly seen: Readonly<Partial<Record<Client, readonly string[]>>>;
  /** What makes a failure of it. Where nothing does it is ignored. */
  readonly countedBy: 'HttpStatusIn' | 'NetworkErrors' | 'timeoutMs' | 'nothing';
}

/** `@nestjs/axios` hands on what axios throws. */
const seen = (fetch: string | string[], axios: string | string[]): Fault['seen'] => ({
  fetch: [fetch].flat(),
  axios: [axios].flat(),
  '@nestjs/axios': [axios].flat(),
});

const CALL_TIMEOUT = 'CallTimeoutException 504 → 504';

export const FAULTS: readonly Fault[] = [
  {
    fault: 'answers 500',
    mood: 500,
    seen: seen('HttpException 500 → 500', 'AxiosError ERR_BAD_RESPONSE → 500'),
    countedBy: 'HttpStatusIn',
  },
  {
    fault: 'answers 404',
    mood: 404,
    seen: seen('HttpException 404 → 404', 'AxiosError ERR_BAD_REQUEST → 500'),
    countedBy: 'nothing',
  },
  {
    fault: 'refuses connections',
    mood: 'refuse',
    seen: seen('TypeError ← ECONNREFUSED → 500', 'AxiosError ECONNREFUSED → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'resets the connection',
    mood: 'reset',
    seen: seen('TypeError ← ECONNRESET → 500', 'AxiosError ECONNRESET → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'resets it in the middle of the body',
    mood: 'reset in the body',
    // What the client has read of it by then is a matter of chance.
    seen: seen(
      ['TypeError ← ECONNRESET → 500', 'TypeError ← UND_ERR_SOCKET → 500'],
      ['AxiosError ECONNRESET → 500', 'AxiosError ERR_BAD_RESPONSE → 500'],
    ),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'half-closes instead of answering',
    mood: 'half-close',
    seen: seen('TypeError ← UND_ERR_SOCKET → 500', 'AxiosError ECONNRESET → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'half-closes in the middle of the body',
    mood: 'half-close in the body',
    seen: seen('TypeError ← UND_ERR_SOCKET → 500', 'AxiosError ERR_BAD_RESPONSE → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'speaks no HTTP',
    mood: 'speak no HTTP',
    // The fetch of Node 24 gives no reason.
    seen: seen(
      ['TypeError ← HPE_INVALID_CONSTANT → 500', 'TypeError TypeError → 500'],
      'AxiosError HPE_INVALID_CONSTANT → 500',
    ),
    countedBy: 'nothing',
  },
  {
    fault: 'hangs',
    mood: 'hang',
    seen: seen(CALL_TIMEOUT, CALL_TIMEOUT),
    countedBy: 'timeoutMs',
  },
  {
    fault: 'drips its body, without end',
    mood: 'drip',
    seen: seen(CALL_TIMEOUT, CALL_TIMEOUT),
    countedBy: 'timeoutMs',
  },
  {
    fault: 'hangs, until `AbortSignal.timeout()`',
    mood: 'hang',
    patience: 'signal',
    seen: seen('DOMException TimeoutError → 500', 'CanceledError ERR_CANCELED → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: 'drips, until `AbortSignal.timeout()`',
    mood: 'drip',
    patience: 'signal',
    seen: seen('DOMException TimeoutError → 500', 'CanceledError ERR_CANCELED → 500'),
    countedBy: 'NetworkErrors',
  },
  {
    fault: "hangs, until axios's `timeout`",
    mood: 'hang',
    patience: 'option',
    seen: { axios: ['AxiosError ECONNABORTED → 500'], '@nestjs/axios': ['AxiosError ECONNABORTED → 500'] },
    countedBy: 'NetworkErrors',
  },
];

/** The rows of the table in docs/testing/faults.md. */
export function rowsOf(clients: readonly Client[]): string[][] {
  return FAULTS.map(({ fault, seen, countedBy }) => [
    fault,
    ...clients.map((client) => (seen[client] ?? ['–']).join(' or ')),
    countedBy === 'nothing' ? 'ignored' : `failure: \`${countedBy}\``,
  ]);
}
