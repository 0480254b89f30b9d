/** As long as caches have to understand (RFC 9111, 1.2.2). */
const MAX_SECONDS = 2 ** 31;

/** The value of a `Retry-After` header: whole seconds, at least one; nothing where nobody knows when. */
export function retryAfterSeconds(retryAfterMs: number | null): string | undefined {
  if (retryAfterMs === null) return undefined;
  return String(Math.min(MAX_SECONDS, Math.max(1, Math.ceil(retryAfterMs / 1000))));
}
