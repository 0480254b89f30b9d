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

/**
 * A call that gave a readable stream of Node.js (a file, an `IncomingMessage`, the stream of a `StreamableFile`) ends
 * with it: an error, judged by the trackers; the end, a success. Destroyed before that it is a success if something was
 * read, else ignored.
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
  const onEnd = (): void => over(() => ticket.succeedAfter(durationMs));
  const onClose = (): void =>
    over(() => (body.readableDidRead === true ? ticket.succeedAfter(durationMs) : ticket.release()));
  const onError = (error: unknown): void =>
    isLeft(error) ? onClose() : over(() => endOf(gate, ticket, error));
  const over = (settle: () => unknown): void => {
    body.off('end', onEnd).off(errorMonitor, onError).off('close', onClose);
    limits.release();
    if (!ticket.isSettled) settle();
  };
  body.on('end', onEnd).on(errorMonitor, onError).on('close', onClose);
  // What is over already tells no more.
  if (body.readableEnded === true) onEnd();
  else if (isError(body.errored)) onError(body.errored);
  else if (body.destroyed === true) onClose();
  return value;
}

const isError = (errored: unknown): boolean => errored !== undefined && errored !== null;

/** `stream.pipeline` destroys its source with that when its reader leaves. */
const isLeft = (error: unknown): boolean =>
  (Object(error) as { readonly code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';
