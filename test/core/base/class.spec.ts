import { EventEmitter } from 'node:events';
import { inherits } from 'node:util';
import { runInNewContext } from 'node:vm';

import { describe, expect, it, jest } from '@jest/globals';

import { className, isClass, type Class } from '../../../lib/core/base/class.js';

class Plain {}
abstract class Abstract {}
class Private {
  private constructor() {}
  static readonly make = () => new Private();
}
function Es5WithMembers() {}
Es5WithMembers.prototype.describe = () => 'es5';
function Es5Derived() {}
inherits(Es5Derived as never, Error as never);
function Es5OldStyle() {}
Es5OldStyle.prototype = Object.create(Error.prototype);
function WithSymbolMember() {}
WithSymbolMember.prototype[Symbol.iterator] = () => [];

describe('isClass', () => {
  it.each<[string, unknown]>([
    ['a class', Plain],
    ['an abstract class', Abstract],
    ['a class with a private constructor', Private],
    ['an anonymous class', class {}],
    ['a class without a parent', class extends (null as never as typeof Plain) {}],
    ['a frozen class', Object.freeze(class Frozen {})],
    ['a proxy of a class', new Proxy(Plain, {})],
    ['a native constructor', TypeError],
    ['a native constructor of another realm', runInNewContext('TypeError')],
    ['a class of another realm', runInNewContext('(class Foreign {})')],
    ['a class of Node in ES5 style', EventEmitter],
    ['DOMException', DOMException],
    ['an ES5 class with members', Es5WithMembers],
    ['an ES5 class with a symbol as its member', WithSymbolMember],
    ['an ES5 class that derives', Es5Derived],
    ['an ES5 class whose prototype was replaced', Es5OldStyle],
    [
      'an ES5 class with members and without a parent',
      Object.assign(function f() {}, { prototype: { __proto__: null, run: () => 1 } }),
    ],
  ])('takes %s for a class', (_, value) => {
    expect(isClass(value)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['an arrow function', () => true],
    ['an async function', async () => true],
    ['a plain function', function plain() {}],
    ['a frozen plain function', Object.freeze(function plain() {})],
    ['a proxy of a plain function', new Proxy(function plain() {}, {})],
    ['a generator function', function* generate() {}],
    ['an async generator function', async function* generate() {}],
    ['a method', { class() {} }.class],
    ['a bound class', Plain.bind(null)],
    ['jest.fn()', jest.fn()],
    ['jest.fn() with an implementation', jest.fn(() => true)],
    ['a function with static members', Object.assign(function plain() {}, { member: 1 })],
    ['a function whose prototype is gone', Object.assign(function plain() {}, { prototype: null })],
    [
      'a function whose prototype has no parent',
      Object.assign(function f() {}, { prototype: Object.create(null) }),
    ],
    ['a function whose prototype is a number', Object.assign(function f() {}, { prototype: 5 })],
    [
      'an arrow function with a fixed prototype that is nothing',
      Object.defineProperty(() => 1, 'prototype', { value: undefined }),
    ],
    ['an object with a prototype', { prototype: { run: () => 1 } }],
    ['an instance', new Plain()],
    ['a string', 'Plain'],
    ['undefined', undefined],
    ['null', null],
  ])('takes %s for no class', (_, value) => {
    expect(isClass(value)).toBe(false);
  });

  it('does not throw for a revoked proxy', () => {
    const { proxy, revoke } = Proxy.revocable(Plain, {});
    revoke();
    expect(isClass(proxy)).toBe(false);
  });

  it('narrows to a type that abstract classes have too', () => {
    const classes: Class[] = [Plain, Abstract, Error, Es5WithMembers as never];
    const ofErrors: Class<Error>[] = [TypeError];
    expect([...classes, ...ofErrors].every(isClass)).toBe(true);
  });
});

describe('className', () => {
  it.each<[string, Class, string]>([
    ['its name', Plain, 'Plain'],
    ['a stand-in when it has none', class {}, 'anonymous class'],
    [
      'a stand-in when its name is no string',
      class {
        static name = 3 as never;
      } as never,
      'anonymous class',
    ],
    [
      'one line',
      class {
        static name = 'two\nlines';
      } as never,
      'two lines',
    ],
  ])('gives %s', (_, value, name) => {
    expect(className(value)).toBe(name);
  });

  it('gives a stand-in when the name cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable(Plain, {});
    revoke();
    expect(className(proxy)).toBe('anonymous class');
  });
});
