import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';

import { All, TypeOf, type Class } from '../../../lib/core/trackers/index.js';
import { HOSTILE } from './hostile.js';

const realm = createContext({});
const foreign = (code: string): unknown => runInContext(code, realm);

class NotFound extends Error {}
class UserNotFound extends NotFound {}

describe('All', () => {
  it.each([new Error(), 'text', undefined, null, 0])('takes %p for a failure', (error) => {
    expect(All().isFailure(error)).toBe(true);
  });

  it('reads like the code', () => {
    expect(String(All())).toBe('All()');
  });
});

describe('TypeOf', () => {
  it('matches the class and what extends it', () => {
    const tracker = TypeOf(NotFound);
    expect([new NotFound(), new UserNotFound(), new Error()].map((e) => tracker.isFailure(e))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('matches any of several classes', () => {
    const tracker = TypeOf(NotFound, RangeError);
    expect([new RangeError(), new NotFound(), new TypeError()].map((e) => tracker.isFailure(e))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('matches abstract classes, classes that are no errors, and Symbol.hasInstance', () => {
    abstract class Base extends Error {}
    class Concrete extends Base {}
    class Answer {}
    class Odd {
      static [Symbol.hasInstance](value: unknown): boolean {
        return value === 3;
      }
    }
    expect(TypeOf(Base).isFailure(new Concrete())).toBe(true);
    expect(TypeOf(Answer).isFailure(new Answer())).toBe(true);
    expect([TypeOf(Odd).isFailure(3), TypeOf(Odd).isFailure(4)]).toEqual([true, false]);
  });

  it('reads like the code', () => {
    expect(String(TypeOf(NotFound, RangeError))).toBe('TypeOf(NotFound, RangeError)');
    expect(String(TypeOf(class {}))).toBe('TypeOf(anonymous class)');
  });

  it('refuses no class at all', () => {
    expect(() => TypeOf()).toThrow(
      new TypeError(
        'TypeOf(): classes must be one or more classes, got none. ' +
          'Name one, TypeOf(TimeoutError), or use All() for every error.',
      ),
    );
  });

  it.each<[string, unknown, string]>([
    [
      'a predicate',
      function isOld() {},
      'TypeOf(NotFound, function isOld): each class must be a class, got function isOld. For a predicate use Custom(…).',
    ],
    [
      'undefined',
      undefined,
      'TypeOf(NotFound, undefined): each class must be a class, got undefined. An undefined class is most often a circular import.',
    ],
    ['a name', 'Error', 'TypeOf(NotFound, "Error"): each class must be a class, got "Error".'],
    [
      'an instance',
      new RangeError(),
      'TypeOf(NotFound, an object (RangeError)): each class must be a class, got an object (RangeError).',
    ],
  ])('refuses %s', (_, given, text) => {
    expect(() => TypeOf(NotFound, given as Class)).toThrow(new TypeError(text));
  });

  it.each(HOSTILE)('takes %s for no match', (_, error) => {
    expect(TypeOf(NotFound, TypeError, DOMException).isFailure(error)).toBe(false);
  });

  it('takes a class whose Symbol.hasInstance throws for no match', () => {
    class Moody {
      static [Symbol.hasInstance](): boolean {
        throw new Error('not today');
      }
    }
    expect(TypeOf(Moody).isFailure(new Error())).toBe(false);
  });
});

describe('TypeOf with built-in classes', () => {
  it('matches what Node itself throws, which under Jest is of another realm', () => {
    let thrown: unknown;
    try {
      readFileSync('/no/such/file');
    } catch (error) {
      thrown = error;
    }
    expect(TypeOf(Error).isFailure(thrown)).toBe(true);
    expect(TypeOf(TypeError).isFailure(thrown)).toBe(false);
  });

  it.each<[string, Class, string]>([
    ['TypeError', TypeError, 'new TypeError()'],
    ['Error', Error, 'new TypeError()'],
    ['RangeError', RangeError, 'new RangeError()'],
    ['AggregateError', AggregateError, 'new AggregateError([])'],
    ['EvalError', EvalError, 'new EvalError()'],
    ['ReferenceError', ReferenceError, 'try { nothing } catch (e) { e }'],
    ['SyntaxError', SyntaxError, 'try { JSON.parse("{") } catch (e) { e }'],
    ['URIError', URIError, 'new (class extends URIError {})'],
    ['Error', Error, 'new (class extends (class extends RangeError {}) {})'],
  ])('matches %s across realms', (_, wanted, code) => {
    const error = foreign(code);
    expect(error instanceof wanted).toBe(false);
    expect(TypeOf(wanted).isFailure(error)).toBe(true);
  });

  it.each<[string, Class, string]>([
    ['another built-in class', TypeError, 'new RangeError()'],
    ['the parent of the class', TypeError, 'new Error()'],
    ['a class that only has the name', TypeError, 'new (class TypeError extends Error {})'],
    ['an object that only has the name', TypeError, '({ name: "TypeError", constructor: TypeError.name })'],
    ['a plain object', Error, '({})'],
    ['an object that names itself so', Error, '({ [Symbol.toStringTag]: "Error", name: "Error" })'],
    [
      'a bound class with a forged name',
      TypeError,
      `
      const Forged = Object.defineProperty(Error.bind(null), 'name', { value: 'TypeError' });
      Object.assign(Object.create({ constructor: Forged }), {})`,
    ],
  ])('does not match %s of another realm', (_, wanted, code) => {
    expect(TypeOf(wanted).isFailure(foreign(code))).toBe(false);
  });

  it('matches every error class that this Node has, across realms', () => {
    const names = ['SuppressedError', 'EvalError', 'ReferenceError'].filter((name) => name in globalThis);
    for (const name of names) {
      const Own = (globalThis as Record<string, unknown>)[name] as Class;
      expect(TypeOf(Own).isFailure(foreign(`new ${name}()`))).toBe(true);
    }
  });

  it('knows a foreign class that only has the name for the Error it is', () => {
    expect(TypeOf(Error).isFailure(foreign('new (class TypeError extends Error {})'))).toBe(true);
  });

  it('knows the built-in classes of another realm as well', () => {
    const ForeignTypeError = foreign('TypeError') as Class;
    expect(TypeOf(ForeignTypeError).isFailure(new TypeError())).toBe(true);
    expect(TypeOf(ForeignTypeError).isFailure(new RangeError())).toBe(false);
    expect(TypeOf(foreign('Error') as Class).isFailure(new TypeError())).toBe(true);
  });

  it('does not take a class of its own realm for a built-in one because of its name', () => {
    const Own = { TypeError: class TypeError extends Error {} }.TypeError;
    expect(TypeOf(Own).isFailure(new TypeError())).toBe(false);
    expect(TypeOf(Own).isFailure(new Own())).toBe(true);
  });

  it('matches DOMException by class, not by name', async () => {
    const signal = AbortSignal.timeout(0);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(TypeOf(DOMException).isFailure(signal.reason)).toBe(true);
    expect(TypeOf(Error).isFailure(signal.reason)).toBe(true);
    expect(TypeOf(DOMException).isFailure(foreign('new (class DOMException extends Error {})'))).toBe(false);
    expect(TypeOf(TypeError).isFailure(signal.reason)).toBe(false);
  });
});
