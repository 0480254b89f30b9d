import { show } from '../core/index.js';

/** What was given instead of a secret, without a word of it: it may be one. */
function hidden(given: unknown): string {
  if (given === '') return 'an empty string';
  if (typeof given === 'string')
    return `a string of ${given.length} character${given.length === 1 ? '' : 's'}`;
  return typeof given === 'number' || typeof given === 'bigint' ? `a ${typeof given}` : show(given);
}

/** The house's text for what is wrong, of something that must not stand in a log. */
export function secretMustBe(what: string, allowed: string, got: unknown): string {
  const remedy = got === undefined || got === '' ? ' Is its environment variable set?' : '';
  return `${what} must be ${allowed}, got ${hidden(got)}.${remedy}`;
}

/** What is wrong with a URL; its path and query may be secret. */
export function urlProblems(what: string, given: unknown): string[] {
  const url = parse(given);
  if (url === undefined) return [secretMustBe(what, 'an http or https URL', given)];
  if (url.username !== '' || url.password !== '') {
    return [`${what} must be a URL without user and password; give them in headers.authorization.`];
  }
  return [];
}

/** What of a URL may be logged. */
export function shownUrl(given: unknown): string {
  return parse(given)?.origin ?? '?';
}

function parse(given: unknown): URL | undefined {
  if (typeof given !== 'string') return undefined;
  try {
    const url = new URL(given);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}
