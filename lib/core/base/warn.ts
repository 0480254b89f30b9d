/**
 * Every warning there is; docs/errors.md has them in one table.
 *
 * A warning is for what cannot be mended by us and hurts nobody's call.
 */
export type WarningCode =
  'FLUXGATE_UNGUARDED' | 'FLUXGATE_LISTENER_FAULT' | 'FLUXGATE_PROMETHEUS' | 'FLUXGATE_CLOCK_STEPPED';

/** Of so many things per code it is remembered that they were told; names may be made without end. */
const MOST = 100;

const told = new Map<WarningCode, Set<string>>();

/**
 * A Node process warning with a stable code, once per code and thing in this process: for when there is nobody else
 * to tell. Never throws.
 *
 * @param about what it is about: a method, a breaker. After 100 of them no more are told.
 */
export function warnOnce(code: WarningCode, about: string, text: string): void {
  const known = told.get(code) ?? new Set<string>();
  told.set(code, known);
  if (known.has(about) || known.size >= MOST) return;
  try {
    process.emitWarning(text, { type: 'FluxgateWarning', code });
    known.add(about);
  } catch {
    // A test or a tool that makes warnings errors: a call must not feel it.
  }
}
