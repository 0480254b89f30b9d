import { hidden, type Reading, type Source, type Unread } from './reading.js';

type Method = (...args: unknown[]) => unknown;

/** What is read of a web stream without iterating over it; a stream of an SDK may have some of it. */
export interface WebStream {
  readonly getReader?: Method;
  readonly pipeTo?: Method;
  readonly pipeThrough?: Method;
  readonly tee?: Method;
  readonly cancel?: Method;
}

/** Of `getReader()`. */
interface Reader {
  read(...view: unknown[]): Promise<IteratorResult<unknown>>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

type Watch = (iterable: object, unread: Unread) => void;

/**
 * A `ReadableStream` is seldom iterated: `new Response(stream)`, `Readable.fromWeb(stream)` and `getReader()` read it by
 * a reader, others pipe it. Each of these is a reading too; of branches and of what it is piped through the first that
 * is read is it.
 */
export function watchWebStream(stream: WebStream, unread: Unread, watch: Watch): void {
  put(stream, 'tee', (tee) => {
    const branches = tee();
    if (Array.isArray(branches)) for (const branch of branches) watch(branch as object, unread);
    return branches;
  });
  if (typeof stream.getReader !== 'function') return; // What else is called `cancel` or `pipeTo` is something else.
  put(stream, 'getReader', (getReader) => watchReader(getReader() as Reader, unread));
  put(stream, 'pipeTo', (pipe) => unread.readBy(pipe() as Promise<unknown>));
  put(stream, 'pipeThrough', (pipe) => {
    const piped = pipe();
    watch(piped as object, unread);
    return piped;
  });
  put(stream, 'cancel', (cancel) => {
    unread.leave();
    return cancel();
  });
}

/** Has `run` in place of the method; it is given how to call that with the same arguments. */
function put(stream: WebStream, key: keyof WebStream, run: (call: () => unknown) => unknown): void {
  const method = stream[key];
  if (typeof method !== 'function') return;
  hidden(stream, key, (...args: unknown[]) => run(() => method.apply(stream, args)));
}

function watchReader(reader: Reader, unread: Unread): Reader {
  const source: Source = {
    next: reader.read.bind(reader),
    return: (reason) => done(cancel(reason)),
    throw: undefined,
  };
  const cancel = reader.cancel.bind(reader);
  const release = reader.releaseLock.bind(reader);
  let reading: Reading | undefined;
  const read = (): Reading | undefined => (reading ??= unread.read(source));
  hidden(reader, 'read', (...view: [unknown?]) => read()?.next(view) ?? source.next(...view));
  hidden(
    reader,
    'cancel',
    (reason: unknown) =>
      read()
        ?.return(reason)
        .then(() => undefined) ?? cancel(reason),
  );
  hidden(reader, 'releaseLock', () => {
    release();
    reading?.leave();
  });
  return reader;
}

async function done(closed: unknown): Promise<IteratorResult<unknown>> {
  await closed;
  return { done: true, value: undefined };
}
