/** Runs `run` when the signal is aborted. @returns lets go of it. */
export function whenAborted(signal: AbortSignal, run: () => void): () => void {
  signal.addEventListener('abort', run);
  return () => signal.removeEventListener('abort', run);
}
