import { errorMonitor, type EventEmitter } from 'node:events';

import type { Limits } from './limits.js';
import { endOf } from './call.js';
import type { Gate } from '../ticket.js';

interface Body extends EventEmitter {
  /** Has anything been read from it? */
  readonly readableDidRead?: boolean;
  readonly readableEnded?: boolean;
  readonly errored?: unknown;
  readonly destroyed?: boolean;
}

/** A call that gave a body, until that ends. */
interface Handed {
  limits: Limits;
  /** How long it took. */
  durationMs: number | undefined;
}

/** By the body that was given: one that the same breaker is given again is not listened to again. */
const handed = new WeakMap<Body, Map<Gate, Handed>>();

/**
 * A call that gave a readable stream of Node.js (a file, an `IncomingMessage`, the stream of a `StreamableFile`) ends
 * with it: an error, judged by the trackers; the end, a success. Destroyed before that it is a success if something was
 * read, else ignored. Where several calls gave the same one, it is the last of them.
 *
 * It is watched by its events alone: nothing is read, and an error that nobody hears stays one that nobody hears. How
 * long it is read says how fast its reader is; so the call took until the stream was handed out. Until its end it is
 * no call in flight, and as a probe it is a success when its lease is over.
 */
export function followBody<T>(gate: Gate, limits: Limits, body: Body, value: T): T {
  const { ticket } = limits;
  const durationMs = ticket.sofarMs();
  limits.handOut();
  ticket.park({ outcome: 'success', durationMs });
  const known = handed.get(body)?.get(gate);
  if (known !== undefined) {
    known.limits.release();
    Object.assign(known, { limits, durationMs });
  } else if (!isWatched(gate, body, { limits, durationMs })) {
    limits.release();
    ticket.succeed();
  }
  return value;
}

/** `false`: it looks like a stream, and cannot be listened to. */
function isWatched(gate: Gate, body: Body, call: Handed): boolean {
  const over = (settle: (call: Handed) => unknown): void => {
    handed.get(body)?.delete(gate);
    try {
      body
        .removeListener('end', onEnd)
        .removeListener(errorMonitor, onError)
        .removeListener('close', onClose);
    } catch {
      // It cannot be left alone; that changes nothing for who reads it.
    }
    call.limits.release();
    if (!call.limits.ticket.isSettled) settle(call);
  };
  const onEnd = (): void => over(succeeded);
  const onClose = (): void => over(body.readableDidRead === true ? succeeded : left);
  const onError = (error: unknown): void =>
    isReaderGone(error) ? onClose() : over(({ limits }) => endOf(gate, limits.ticket, error));
  try {
    if (body.errored != null) onError(body.errored);
    else if (body.readableEnded === true) onEnd();
    else if (body.destroyed === true) onClose();
    else {
      body.on('end', onEnd).on(errorMonitor, onError).on('close', onClose);
      handed.set(body, (handed.get(body) ?? new Map<Gate, Handed>()).set(gate, call));
    }
    return true;
  } catch {
    return false;
  }
}

/** `stream.pipeline` destroys its source with that when its reader leaves. */
const isReaderGone = (error: unknown): boolean =>
  (Object(error) as { readonly code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';

const succeeded = ({ limits, durationMs }: Handed): boolean => limits.ticket.succeedAfter(durationMs);
const left = ({ limits }: Handed): boolean => limits.ticket.release();
