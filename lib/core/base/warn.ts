/** The last resort, when there is nobody else to tell: a Node process warning with a stable code. Never throws. */
export function warn(code: string, text: string): void {
  try {
    process.emitWarning(text, { type: 'FluxgateWarning', code });
  } catch {
    // A test or a tool that makes warnings errors: a call must not feel it.
  }
}
