import { className, isClass } from '../base/class.js';
import { isThenable, leaveAlone } from '../base/promise.js';
import { oneLine, show } from '../base/text.js';
import { mustBe } from '../base/validate.js';

/** How a family takes over what is not one of its parts yet: the user's function or object. */
export interface Family {
  /** `a tripper`. */
  readonly noun: string;
  /** The method that its parts have. */
  readonly method: string;
  /** What that method is given, in texts. */
  readonly argument: string;
  /** The factory that a function could have been given to: `TripWhen`. */
  readonly wrap?: string;
  /** What to do with a class that is none of this family's. */
  readonly classRemedy?: (name: string) => string;
}

/** A user's function or object, read once. */
export interface Adopted {
  readonly text: string;
  readonly problems: readonly string[];
  /** Calls the function, or the object's method as a method; some families have a second argument. */
  readonly call: (argument: unknown, more?: unknown) => unknown;
  /** The object, for what else it says about itself; empty for a function. */
  readonly self: Readonly<Record<string, unknown>>;
}

const factories = new WeakSet<object>();

/** Makes factories known, so that one handed over without its call (`Closed` for `Closed()`) is refused. */
export function declareFactories(...made: readonly ((...args: never[]) => unknown)[]): void {
  for (const factory of made) factories.add(factory);
}

/** Has it to be called first? */
export const isFactory = (given: object): boolean => factories.has(given);

/** Reads a function or an object with the family's method; anything else has problems. */
export function adopt(like: unknown, family: Family): Adopted {
  const remedy = refusal(like, family);
  if (remedy !== undefined) {
    const { noun, method, argument } = family;
    const allowed = `${noun} of this package, a function of (${argument}) or an object with ${method}(${argument})`;
    const problems = [mustBe(noun, allowed, like, remedy)];
    return { text: show(like), problems, call: () => assertUsable(problems), self: {} };
  }
  if (typeof like === 'function') {
    const call = like as Adopted['call'];
    return { text: functionText(call, family), problems: [], call, self: {} };
  }
  const self = like as Record<string, Adopted['call']>;
  return {
    text: objectText(self, family.method),
    problems: isTexts(self['problems']) ? self['problems'] : [],
    call: (argument, more) => self[family.method]!(argument, more),
    self,
  };
}

/** Throws what is wrong with a part that is used all the same. */
export function assertUsable(problems: readonly string[]): void {
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
}

/** The yes or no that user code gave. A promise is refused: as a truthy value it would always be a yes. */
export function syncAnswer(answer: unknown, who: string, plural: string): boolean {
  if (!isThenable(answer)) return Boolean(answer);
  leaveAlone(answer);
  throw new TypeError(`${who} returned a promise; ${plural} are synchronous. Return true or false.`);
}

/** `undefined` when it can be adopted, else the remedy, which may be empty. */
function refusal(like: unknown, { method, classRemedy }: Family): string | undefined {
  if (typeof like === 'object' && like !== null) {
    return typeof (like as Record<string, unknown>)[method] === 'function' ? undefined : '';
  }
  if (typeof like !== 'function') return '';
  if (factories.has(like)) return `Call it: ${like.name}(…).`;
  if (!isClass(like)) return undefined;
  const isOurs = typeof (like.prototype as Record<string, unknown>)[method] === 'function';
  const name = className(like);
  return isOurs || classRemedy === undefined ? `Give an instance: new ${name}().` : classRemedy(name);
}

function functionText(like: unknown, { wrap, argument }: Family): string {
  const { name } = like as { readonly name: unknown };
  const known = typeof name === 'string' ? oneLine(name, 60) : '';
  if (wrap !== undefined) return `${wrap}(${known || '…'})`;
  return known || `(${argument}) => …`;
}

function objectText(self: object, method: string): string {
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- whether it has a text of its own is the question
    const text = oneLine(String(self));
    if (text !== '' && !text.startsWith('[object ')) return text;
    const maker: unknown = self.constructor;
    return isClass(maker) && className(maker) !== 'Object' ? `${className(maker)}()` : `{ ${method} }`;
  } catch {
    return `{ ${method} }`;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
