import { describe, expect, it } from '@jest/globals';

import {
  ContentionErrors,
  HttpStatusIn,
  NetworkErrors,
  OverloadErrors,
  ResponseStatusIn,
  ResultError,
  TimeoutErrors,
  TransientErrors,
} from '../../../lib/index.js';
import { verdictOf, type RecordedRow } from '../../clients/judge.mjs';
import { readRecorded } from '../../clients/recorded.mjs';
import { decode, encode } from '../../clients/values.mjs';

const TRACKERS = {
  network: NetworkErrors(),
  status5xx: HttpStatusIn(500, 599),
  overload: OverloadErrors(),
  timeout: TimeoutErrors(),
  transient: TransientErrors(),
  contention: ContentionErrors(),
};
const RESULTS = {
  response5xx: ResponseStatusIn(500, 599),
  resultTransient: ResultError(TRACKERS.transient),
  resultError: ResultError(),
};

/** What the trackers say of the value of a row, as the recording run asked them. */
function verdict(row: RecordedRow): string {
  if (row.expect === 'never') return 'never';
  const value = decode(row.value);
  const sees =
    row.expect === 'resolves'
      ? Object.entries(RESULTS).filter(([, tracker]) => tracker(value))
      : Object.entries(TRACKERS).filter(([, tracker]) => tracker.isFailure(value, row.knows));
  return verdictOf(
    row,
    sees.map(([name]) => name),
  );
}

const rows = readRecorded().map((row) => ({ ...row, now: verdict(row) }));
const nameOf = ({ client, cell }: RecordedRow) => `${client} / ${cell}`;
const thrown = (...kinds: RecordedRow['expect'][]) =>
  rows.filter(({ expect: kind, tells }) => kinds.includes(kind) && tells !== false);
const seenRatio = (of: typeof rows) => of.filter(({ now }) => now === 'seen').length / of.length;

describe('the trackers, of what real clients have thrown', () => {
  it('are asked about the clients that people use', () => {
    expect(new Set(rows.map(({ client }) => client)).size).toBeGreaterThanOrEqual(60);
    expect(rows.length).toBeGreaterThan(500);
  });

  it('see at least 95 % of the transport failures of which anything in the value tells', () => {
    expect(seenRatio(thrown('transport'))).toBeGreaterThanOrEqual(0.95);
  });

  it('see at least 95 % of the 5xx answers that are thrown', () => {
    expect(seenRatio(thrown('status5xx'))).toBeGreaterThanOrEqual(0.95);
  });

  it('see at least 95 % of the time-outs and of the answers of overload', () => {
    expect(seenRatio(thrown('timeout', 'overload', 'contention'))).toBeGreaterThanOrEqual(0.95);
  });

  it('call nothing a failure that is none', () => {
    expect(rows.filter(({ now }) => now === 'false alarm').map(nameOf)).toEqual([]);
  });

  it('miss only what the page of clients names', () => {
    const differ = rows.filter((row) => row.now !== row.verdict);
    expect(differ.map((row) => `${nameOf(row)}: ${row.verdict} → ${row.now}`)).toEqual([]);
  });

  it('give a reason for each failure of which nothing tells', () => {
    const silent = rows.filter(({ tells }) => tells === false);
    expect(silent.filter(({ why }) => typeof why !== 'string' || why === '').map(nameOf)).toEqual([]);
  });
});

describe('a recorded value', () => {
  it('keeps classes, codes, nested errors, cycles and headers', () => {
    class DriverError extends Error {}
    const below = Object.assign(new TypeError('below'), { code: 'ECONNRESET', errno: -104 });
    const error = Object.assign(new DriverError('above', { cause: below }), {
      servers: new Map([['a', { error: below }]]),
      response: new Response('', { status: 503, headers: { 'retry-after': '7' } }),
      self: undefined as unknown,
    });
    error.self = error;
    const copy = decode(JSON.parse(JSON.stringify(encode(error)))) as typeof error;
    expect(copy).toBeInstanceOf(Error);
    expect(copy.constructor.name).toBe('DriverError');
    expect(copy.cause).toBeInstanceOf(TypeError);
    expect(copy.cause).toMatchObject({ message: 'below', code: 'ECONNRESET', errno: -104 });
    expect(copy.servers.get('a')?.error).toBe(copy.cause);
    expect([copy.response.status, copy.response.headers.get('retry-after')]).toEqual([503, '7']);
    expect(copy.self).toBe(copy);
  });

  it('keeps what is no error', () => {
    for (const value of [
      undefined,
      null,
      'lost',
      7,
      true,
      [1, 'two'],
      { code: 'x' },
      new DOMException('late', 'TimeoutError'),
    ]) {
      expect(decode(JSON.parse(JSON.stringify({ code: encode(value) })).code)).toEqual(value);
    }
  });

  it('keeps no ports, dates and paths', () => {
    const text =
      'connect 127.0.0.1:41234 at 2026-01-02T03:04:05.678Z in /home/ann/app/node_modules/pg/index.js';
    expect(encode(text)).toBe('connect 127.0.0.1:<port> at <date> in <modules>/pg/index.js');
  });
});
