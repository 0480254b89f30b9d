import { describe, expect, it, jest } from '@jest/globals';

import { showError, summaryOf, type Redact } from '../../../lib/core/base/error-text.js';
import { takenData, takenList, takenObject, takenRecord } from '../../../lib/core/base/taken.js';
import { oneLine, ownCopy } from '../../../lib/core/base/text.js';

describe('summaryOf', () => {
  it('gives the last one again, where the next error says the same', () => {
    const make = (message: string, code?: string) => Object.assign(new Error(message), { code });
    const first = summaryOf(make('down', 'E'));
    expect(summaryOf(make('down', 'E'), first)).toBe(first);
    for (const other of [make('up', 'E'), make('down', 'F'), make('down'), new TypeError('down')]) {
      expect(summaryOf(other, first)).not.toBe(first);
    }
    expect(summaryOf({ name: '', message: '"x"' }, summaryOf('x'))).toMatchObject({ name: 'Error' });
  });

  it('takes itself, and shows as the error shows', () => {
    for (const error of [new RangeError('out'), 'down', undefined, {}, { message: 'm', code: 7 }]) {
      const summary = summaryOf(error);
      expect(summaryOf(summary)).toBe(summary);
      expect(showError(summary)).toBe(showError(error));
    }
  });

  it('cuts name, message and code', () => {
    const { name, message, code } = summaryOf({
      name: 'n'.repeat(5000),
      message: 'm'.repeat(5000),
      code: 'c'.repeat(5000),
    });
    expect([name.length, message.length, String(code).length]).toEqual([80, 1024, 80]);
  });
});

describe('showError with redact', () => {
  it('says name, code and what is left of the message', () => {
    const error = Object.assign(new TypeError('a b'), { code: 'E_B' });
    const cases: [Redact, string][] = [
      [(text) => text.replace('b', '*'), 'TypeError: a * (E_B)'],
      [() => '', 'TypeError (E_B)'],
      [(_text, { code }) => `see ${code}`, 'TypeError: see E_B'],
      [() => 'one\nline', 'TypeError: one line (E_B)'],
    ];
    for (const [redact, text] of cases) expect(showError(error, redact)).toBe(text);
    expect(showError('', () => '')).toBe('an error');
  });

  it('tells what redact throws, if somebody wants to know', () => {
    const oops = new Error('oops');
    const fails: Redact = () => {
      throw oops;
    };
    const onFault = jest.fn();
    expect(showError(new Error('down'), fails, onFault)).toBe('Error');
    expect(showError(new Error('down'), fails)).toBe('Error');
    expect(onFault.mock.calls).toEqual([[oops]]);
  });
});

describe('ownCopy', () => {
  it.each(['', 'short', 'a text of some length', '\ud83d half a pair of surrogates', 'ünïcödé'.repeat(5)])(
    'says the same: %j',
    (text) => {
      expect(ownCopy(text)).toBe(text);
      expect(ownCopy(text, 4)).toBe(text.slice(0, 4));
    },
  );

  it('is what a cut line is', () => {
    expect(oneLine('x'.repeat(300))).toBe(`${'x'.repeat(255)}…`);
  });
});

describe('what is taken', () => {
  it('is a copy of lists and objects, and of what a class has under the names that are asked for', () => {
    class Options {
      readonly own = 1;
      get made(): number {
        return 2;
      }
      method(): void {}
    }
    const list = [1, 2];
    expect(takenList(list)).toEqual(list);
    expect(takenList(list)).not.toBe(list);
    const taken = takenObject(new Options(), ['own', 'made', 'missing']);
    expect(Object.entries(taken)).toEqual([
      ['own', 1],
      ['made', 2],
    ]);
  });

  it('is the same where it is none, to be refused', () => {
    const map = new Map();
    const promise = Promise.resolve();
    for (const given of [undefined, null, 5, 'text', promise, map]) {
      expect(takenList(given)).toBe(given);
      expect(takenObject(given)).toBe(given);
      expect(takenRecord(given, () => 0)).toBe(given);
      expect(takenData(given)).toBe(given);
    }
    expect(takenObject(list)).toBe(list);
  });
  const list = [1];

  it('is data in depth, and nothing that does something', () => {
    class Made {}
    const made = new Made();
    const doer = { run: () => 0, data: [1] };
    const bare = Object.assign(Object.create(null) as object, { a: [1] });
    const given = { list: [{ a: 1 }, made], made, doer, bare };
    const taken = takenData(given);
    expect(taken).toEqual({ ...given, bare: { a: [1] } });
    expect(taken.list).not.toBe(given.list);
    expect(taken.list[0]).not.toBe(given.list[0]);
    expect(taken.bare).not.toBe(given.bare);
    expect([taken.made, taken.doer, taken.list[1]]).toEqual([made, doer, made]);
    expect(taken.made).toBe(made);
    expect(taken.doer).toBe(doer);
  });
});
