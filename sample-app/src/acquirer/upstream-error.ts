/** `fetch` does not throw for a 500; this is thrown instead. `HttpStatusIn` reads its `status`. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  constructor(readonly status: number) {
    super(`the acquirer answered ${status}`);
  }
}

/** The answer, if it is one. */
export function okOrThrow(response: Response): Response {
  if (!response.ok) throw new UpstreamError(response.status);
  return response;
}
