/** Where text that is not ours is cut before it is logged or shown. */
const MAX_TEXT = 256;

// C0 and C1 controls, line and paragraph separators, and the marks that reorder a terminal line.
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Any text as one printable line of at most `max` characters. */
export function oneLine(text: string, max = MAX_TEXT): string {
  // The cut comes first: a hostile megabyte is not worth a scan.
  const line = text.slice(0, max + 1).replace(UNPRINTABLE, ' ');
  return text.length > max ? ownCopy(`${line.slice(0, max - 1).trimEnd()}…`) : line;
}

/** Below that V8 copies by itself. */
const SHORTEST_VIEW = 13;

/** A text, cut to `max`, that keeps no other alive: V8 makes a cut a view of the text it was cut from, 10 MB or not. */
export function ownCopy(text: string, max = Infinity): string {
  const cut = text.length > max ? text.slice(0, max) : text;
  // Joined texts are written out anew before they are cut, and the cut is a view of that.
  return cut.length < SHORTEST_VIEW ? cut : ` ${cut}`.slice(1);
}

/** Texts as a list of bearable length: thousands of names help nobody. */
export function listed(texts: readonly string[], most = 20): string {
  if (texts.length === 0) return 'none';
  const more = texts.length > most ? ` and ${texts.length - most} more` : '';
  return `${texts.slice(0, most).join(', ')}${more}`;
}

/** Any text in printable characters: what is not printable stands there by its code, so no two texts read alike. */
export function printable(text: string): string {
  const byCode = (run: string): string =>
    Array.from(
      { length: run.length },
      (_, i) => `\\u${run.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join('');
  return text.replaceAll('\\', '\\\\').replace(UNPRINTABLE, byCode);
}

/** A value as it is shown after "got": short, on one line, whatever it is. Never throws. */
export function show(value: unknown): string {
  // Cut before it is quoted: a hostile megabyte is not worth that either.
  if (typeof value === 'string') return oneLine(JSON.stringify(value.slice(0, 80)), 80);
  try {
    if (typeof value === 'function') return functionText(value);
    if (typeof value !== 'object' || value === null) return oneLine(String(value), 80);
    return Array.isArray(value) ? `an array of ${value.length}` : `an object (${oneLine(kindOf(value), 60)})`;
  } catch {
    return typeof value === 'function' ? 'a function' : 'an object';
  }
}

/** Throws where a static member called name is no text. */
function functionText({ name }: { readonly name: string }): string {
  return name === '' ? 'a function' : `function ${oneLine(name, 60)}`;
}

function kindOf(value: object): string {
  const maker: unknown = value.constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'Object';
}
