/** The last resort, when there is nobody else to tell: a Node process warning with a stable code. */
export function warn(code: string, text: string): void {
  process.emitWarning(text, { type: 'FluxgateWarning', code });
}
