import { BUILT_INS, HIDDEN_IN_ERRORS } from './limits.mjs';

/** A value of the same shape as the one that was encoded: classes of the same names, the real built-in ones. */
export function decode(code) {
  const known = new Map();
  makeShared(code, known);
  return make(code, known);
}

/** What is referred to is there before anything refers to it. */
function makeShared(code, known) {
  if (typeof code !== 'object' || code === null) return;
  if (code.id !== undefined) known.set(code.id, bare(code, known));
  for (const part of [code.items, code.own, code.inherited]) {
    if (part !== undefined) for (const one of Object.values(part)) makeShared(one, known);
  }
  if (Array.isArray(code)) for (const one of code) makeShared(one, known);
}

function make(code, known) {
  if (typeof code !== 'object' || code === null) return code;
  const value = known.get(code.id) ?? bare(code, known);
  if (typeof value !== 'object' || value === null || code.$ === 'ref') return value;
  fill(code, value, known);
  return value;
}

function bare(code, known) {
  switch (code.$) {
    case 'ref':
      return known.get(code.to);
    case 'undefined':
      return undefined;
    case 'number':
      return Number(code.text);
    case 'bigint':
      return BigInt(code.text);
    case 'symbol':
      return Symbol(code.text);
    case 'function':
      return () => {};
    case 'array':
      return [];
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'date':
      return new Date(0);
    case 'bytes':
      return new Uint8Array(0);
    case 'headers':
      return new Headers(code.items);
    case 'dom':
      return new DOMException(code.inherited?.message ?? '', code.inherited?.name ?? 'Error');
    case 'error':
      return Object.setPrototypeOf(new Error(), prototypeOf(code));
    default:
      return Object.create(prototypeOf(code));
  }
}

function fill(code, value, known) {
  if (code.$ === 'array') for (const item of code.items ?? []) value.push(make(item, known));
  if (code.$ === 'set') for (const item of code.items ?? []) value.add(make(item, known));
  if (code.$ === 'map') {
    for (const [key, item] of code.items ?? []) value.set(make(key, known), make(item, known));
  }
  const hidden = new Set([...(code.hidden ?? []), ...(code.$ === 'error' ? HIDDEN_IN_ERRORS : [])]);
  for (const [key, item] of Object.entries(code.own ?? {})) {
    const property = {
      value: make(item, known),
      enumerable: !hidden.has(key),
      writable: true,
      configurable: true,
    };
    Object.defineProperty(value, key, property);
  }
  if (code.$ === 'dom' || code.inherited === undefined) return;
  const above = Object.create(Object.getPrototypeOf(value));
  for (const [key, item] of Object.entries(code.inherited)) {
    const made = make(item, known);
    if (key === 'getStatus()') above.getStatus = () => made;
    else Object.defineProperty(above, key, { value: made, writable: true, configurable: true });
  }
  Object.setPrototypeOf(value, above);
}

const prototypes = new Map();

/** One class per chain of names; its built-in end is the real one. */
function prototypeOf({ chain = [] }) {
  if (chain.length === 0) return null;
  const text = chain.join(' < ');
  const made = prototypes.get(text);
  if (made !== undefined) return made;
  const [name, ...rest] = chain;
  const real = BUILT_INS.includes(name) ? globalThis[name]?.prototype : undefined;
  const prototype =
    real ?? classNamed(name, rest.length === 0 ? Object.prototype : prototypeOf({ chain: rest }));
  prototypes.set(text, prototype);
  return prototype;
}

function classNamed(name, above) {
  const made = function () {};
  Object.defineProperty(made, 'name', { value: name });
  const prototype = Object.create(above);
  Object.defineProperty(prototype, 'constructor', { value: made, writable: true, configurable: true });
  return prototype;
}
