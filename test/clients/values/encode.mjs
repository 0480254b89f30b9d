import { types } from 'node:util';
import { BUILT_INS, HIDDEN_IN_ERRORS, INHERITED, LIMITS, OF_STREAMS } from './limits.mjs';
import { steadyNumber, steadyText } from './steady.mjs';

/**
 * What was thrown, as JSON. Texts, numbers, booleans and `null` stand for themselves; all else is `{ "$": kind, … }`:
 * its classes, its own properties, its entries. Nearest first, until there are enough values.
 */
export function encode(thrown) {
  const walk = { seen: new Map(), queue: [], left: LIMITS.values, ids: 0 };
  const root = {};
  put(walk, root, 'value', thrown, 0);
  for (const step of walk.queue) step();
  return root.value;
}

function put(walk, into, key, value, depth) {
  into[key] = value === null ? null : (plain(key, value) ?? object(walk, value, depth));
}

/** What needs no look inside; `undefined` for objects. */
function plain(key, value) {
  switch (typeof value) {
    case 'string':
      return steadyText(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? steadyNumber(String(key), value) : { $: 'number', text: String(value) };
    case 'object':
      return undefined;
    case 'function':
      return { $: 'function' };
    default:
      return { $: typeof value, text: typeof value === 'undefined' ? undefined : String(value) };
  }
}

function object(walk, value, depth) {
  const known = walk.seen.get(value);
  if (known !== undefined) {
    known.id ??= ++walk.ids;
    return { $: 'ref', to: known.id };
  }
  if (walk.left <= 0 || depth > LIMITS.depth) return { $: 'cut' };
  walk.left -= 1;
  const code = { $: kindOf(value) };
  walk.seen.set(value, code);
  walk.queue.push(() => fill(walk, code, value, depth));
  return code;
}

function kindOf(value) {
  if (Array.isArray(value)) return 'array';
  const names = chainOf(value);
  if (names.includes('DOMException')) return 'dom';
  if (types.isNativeError(value)) return 'error';
  if (types.isMap(value)) return 'map';
  if (types.isSet(value)) return 'set';
  if (types.isDate(value)) return 'date';
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return 'bytes';
  if (names[0] === 'Headers' || names[0] === 'AxiosHeaders') return 'headers';
  return 'object';
}

function fill(walk, code, value, depth) {
  const below = (into, key, one) => put(walk, into, key, one, depth + 1);
  if (code.$ === 'date' || code.$ === 'bytes') return;
  if (code.$ === 'array' || code.$ === 'set') {
    code.items = [];
    [...value].slice(0, LIMITS.perLevel).forEach((one, at) => below(code.items, at, one));
    if (code.$ === 'set') return;
  } else if (code.$ === 'map') {
    code.items = [];
    for (const [key, one] of [...value].slice(0, LIMITS.perLevel)) {
      const entry = [];
      code.items.push(entry);
      below(entry, 0, key);
      below(entry, 1, one);
    }
    return;
  } else if (code.$ === 'headers') {
    code.items = headersOf(value);
    return;
  }
  code.chain = chainOf(value);
  properties(code, value, below);
}

function properties(code, value, below) {
  const stream = isStream(value);
  const keys = stream ? [] : ownKeys(value, code.$);
  const own = {};
  const hidden = [];
  for (const key of keys) {
    below(own, key, readOf(value, key));
    const shown = Object.prototype.propertyIsEnumerable.call(value, key);
    if (!shown && !HIDDEN_IN_ERRORS.includes(key)) hidden.push(key);
  }
  const inherited = {};
  for (const key of stream ? OF_STREAMS : INHERITED) {
    const one = Object.hasOwn(own, key) ? undefined : readOf(value, key);
    const known =
      one === undefined || one === '' || typeof one === 'function' || one === builtIn(code.chain, key);
    if (!known) below(inherited, key, one);
  }
  if (typeof readOf(value, 'getStatus') === 'function') {
    try {
      below(inherited, 'getStatus()', value.getStatus());
    } catch {
      // It says no status.
    }
  }
  if (keys.length > 0) code.own = own;
  if (hidden.length > 0) code.hidden = hidden;
  if (Object.keys(inherited).length > 0) code.inherited = inherited;
}

/** What the real built-in class of the decoded value says anyway. */
function builtIn(chain, key) {
  const real = chain.find((name) => BUILT_INS.includes(name) && name !== 'DOMException');
  return key === 'name' && real !== undefined ? globalThis[real].prototype.name : undefined;
}

/** The first of them, and those that every tracker looks for. */
function ownKeys(value, kind) {
  const all = Reflect.ownKeys(value).filter(
    (key) => key !== 'stack' && !(kind === 'array' && (key === 'length' || /^\d+$/.test(String(key)))),
  );
  const texts = all.filter((key) => typeof key === 'string' && key !== '__proto__');
  return texts.filter((key, at) => at < LIMITS.perLevel || INHERITED.includes(key));
}

function readOf(value, key) {
  try {
    return value[key];
  } catch {
    return undefined;
  }
}

/** The names of the classes, nearest first, without the last, `Object`. */
function chainOf(value) {
  const names = [];
  for (
    let at = Object.getPrototypeOf(value);
    at !== null && names.length < 8;
    at = Object.getPrototypeOf(at)
  ) {
    if (at === Object.prototype && names.length > 0) break;
    const made = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    names.push(typeof made === 'function' ? made.name : '');
  }
  return names;
}

function isStream(value) {
  const names = chainOf(value);
  return names.some((name) =>
    [
      'Stream',
      'EventEmitter',
      'Agent',
      'Dispatcher',
      'DispatcherBase',
      'AbortSignal',
      'EventTarget',
    ].includes(name),
  )
    ? !(value instanceof Error) && !names.includes('AbortSignal')
    : false;
}

function headersOf(value) {
  const entries = typeof value.entries === 'function' ? [...value.entries()] : Object.entries(value);
  return entries.slice(0, LIMITS.perLevel).map(([key, one]) => [key, steadyText(String(one))]);
}
