import { UnauthorizedException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { All, Custom, HttpStatusIn, NetworkErrors, Tracker, TrackWhen, TypeOf } from 'nestjs-fluxgate';

import { trackingOf } from '../../../lib/nest/decorators/track-when.js';

class TimeoutError extends Error {
  override name = 'TimeoutError';
}
class SlowTimeoutError extends TimeoutError {}
const isBusy = (error: Error): boolean => error.message === 'busy';

describe('@TrackWhen builds the tracker that one would write by hand', () => {
  it.each<[string, unknown[], Tracker, string]>([
    ['nothing', [], All(), 'All()'],
    ['an empty narrowing', [{}], All(), 'All()'],
    ['a class', [TimeoutError], TypeOf(TimeoutError), 'TypeOf(TimeoutError)'],
    [
      'classes',
      [TimeoutError, RangeError],
      TypeOf(TimeoutError, RangeError),
      'TypeOf(TimeoutError, RangeError)',
    ],
    ['a predicate', [isBusy], Custom(isBusy as never), 'Custom(isBusy)'],
    [
      'an arrow without a name',
      [(error: unknown) => error === 1],
      Custom((error) => error === 1),
      'Custom(…)',
    ],
    [
      'a class and a predicate',
      [TimeoutError, isBusy],
      TypeOf(TimeoutError).or(isBusy as never),
      'TypeOf(TimeoutError) | Custom(isBusy)',
    ],
    [
      'a predicate before classes',
      [isBusy, TimeoutError, RangeError],
      TypeOf(TimeoutError, RangeError).or(isBusy as never),
      'TypeOf(TimeoutError, RangeError) | Custom(isBusy)',
    ],
    ['a tracker', [NetworkErrors()], NetworkErrors(), 'NetworkErrors()'],
    [
      'all three',
      [TimeoutError, NetworkErrors(), HttpStatusIn(500, 599), isBusy],
      TypeOf(TimeoutError)
        .or(NetworkErrors())
        .or(HttpStatusIn(500, 599))
        .or(isBusy as never),
      'TypeOf(TimeoutError) | NetworkErrors() | HttpStatusIn(500, 599) | Custom(isBusy)',
    ],
    ['an object with isFailure', [{ isFailure: () => true, toString: () => 'Always()' }], All(), 'Always()'],
    [
      'exceptions alone',
      [{ except: [UnauthorizedException] }],
      All().and(TypeOf(UnauthorizedException).not()),
      'All() & !TypeOf(UnauthorizedException)',
    ],
    [
      'rules with exceptions',
      [TimeoutError, { except: [SlowTimeoutError, isBusy] }],
      TypeOf(TimeoutError).and(
        TypeOf(SlowTimeoutError)
          .or(isBusy as never)
          .not(),
      ),
      'TypeOf(TimeoutError) & !(TypeOf(SlowTimeoutError) | Custom(isBusy))',
    ],
    ['a condition alone', [{ when: isBusy }], All().and(isBusy as never), 'All() & Custom(isBusy)'],
    [
      'the example of the docs',
      [TimeoutError, HttpStatusIn(500, 599), { except: [UnauthorizedException], when: isBusy }],
      TypeOf(TimeoutError)
        .or(HttpStatusIn(500, 599))
        .and(TypeOf(UnauthorizedException).not())
        .and(isBusy as never),
      '(TypeOf(TimeoutError) | HttpStatusIn(500, 599)) & !TypeOf(UnauthorizedException) & Custom(isBusy)',
    ],
    [
      'a narrowing without prototype',
      [Object.assign(Object.create(null) as object, { except: [TimeoutError] })],
      All().and(TypeOf(TimeoutError).not()),
      'All() & !TypeOf(TimeoutError)',
    ],
  ])('from %s', (_what, rules, byHand, text) => {
    const tracker = trackingOf(rules).tracker!;
    expect(String(tracker)).toBe(text);
    const errors = [
      new TimeoutError(),
      new SlowTimeoutError('busy'),
      new RangeError('busy'),
      new UnauthorizedException('busy'),
      { status: 503, message: 'busy' },
      Object.assign(new Error(), { code: 'ECONNRESET' }),
      1,
    ];
    expect(errors.map((error) => tracker.isFailure(error))).toEqual(
      errors.map((error) => byHand.isFailure(error)),
    );
  });

  it.each<[string, unknown[], string | undefined, string | undefined]>([
    ['nothing', [], 'All()', undefined],
    ['rules alone', [TimeoutError], 'TypeOf(TimeoutError)', undefined],
    [
      'ignore alone: which errors count is for others to say',
      [{ ignore: [RangeError] }],
      undefined,
      'TypeOf(RangeError)',
    ],
    [
      'rules and ignore',
      [TimeoutError, { ignore: [RangeError, isBusy, HttpStatusIn(404)] }],
      'TypeOf(TimeoutError)',
      'TypeOf(RangeError) | Custom(isBusy) | HttpStatusIn(404)',
    ],
    [
      'all three narrowings',
      [{ except: [TimeoutError], when: isBusy, ignore: [RangeError] }],
      'All() & !TypeOf(TimeoutError) & Custom(isBusy)',
      'TypeOf(RangeError)',
    ],
    ['ignore that is not given', [{ ignore: undefined }], 'All()', undefined],
  ])('and the one of ignore: from %s', (_what, rules, counts, ignores) => {
    const { tracker, ignore } = trackingOf(rules);
    expect([tracker?.toString(), ignore?.toString()]).toEqual([counts, ignores]);
  });

  it('tells classes from predicates, and takes what is written to be called as a predicate', () => {
    function OldError(this: object): void {}
    OldError.prototype = Object.create(Error.prototype) as object;
    expect(String(trackingOf([OldError]).tracker)).toBe('TypeOf(OldError)');
    expect(String(trackingOf([async function busy() {}]).tracker)).toBe('Custom(busy)');
  });
});

describe('@TrackWhen refuses at once', () => {
  class MyTracker extends Tracker {
    isFailure(): boolean {
      return true;
    }
  }
  const rule = 'a rule must be an exception class, a predicate (error) => boolean or a tracker';
  const when = 'when must be a predicate (error) => boolean';

  it.each<[string, unknown[], string]>([
    ['undefined', [undefined], `${rule}, got undefined. A circular import leaves a class undefined.`],
    ['null', [null], `${rule}, got null.`],
    ['a string', ['TimeoutError'], `${rule}, got "TimeoutError".`],
    ['a number', [503], `${rule}, got 503.`],
    ['an error', [new TimeoutError()], `${rule}, got an object (TimeoutError).`],
    ['a list of classes', [[TimeoutError]], `${rule}, got an array of 1.`],
    ['a map', [new Map()], `${rule}, got an object (Map).`],
    ['a factory without its call', [All], /got function All\. Call it: All\(…\)\.$/.source],
    [
      "a tracker's class",
      [MyTracker],
      /got function MyTracker\. Give an instance: new MyTracker\(\)\.$/.source,
    ],
    [
      'a narrowing before rules',
      [{ except: [TimeoutError] }, RangeError],
      '{ except, when, ignore } goes last, and once.',
    ],
    [
      'two narrowings',
      [{ except: [TimeoutError] }, { when: isBusy }],
      '{ except, when, ignore } goes last, and once.',
    ],
    [
      'an unknown narrowing',
      [{ expect: [TimeoutError] }],
      'the narrowing.expect is not an option. Did you mean except?',
    ],
    [
      'no exceptions',
      [{ except: [] }],
      'except must be a list of classes, predicates or trackers, got an array of 0.',
    ],
    [
      'exceptions that are no list',
      [{ except: TimeoutError }],
      'except must be a list of classes, predicates or trackers, got function TimeoutError.',
    ],
    ['an exception that is none', [{ except: [404] }], `${rule}, got 404.`],
    ['a class as a condition', [{ when: TimeoutError }], `${when}, got function TimeoutError.`],
    ['a tracker as a condition', [{ when: All() }], `${when}, got an object (Leaf).`],
    [
      'nothing to ignore',
      [{ ignore: [] }],
      'ignore must be a list of classes, predicates or trackers, got an array of 0.',
    ],
    [
      'ignore that is no list',
      [{ ignore: TimeoutError }],
      'ignore must be a list of classes, predicates or trackers, got function TimeoutError.',
    ],
    ['to ignore what is no rule', [{ ignore: [404] }], `${rule}, got 404.`],
    [
      'more than one mistake, all at once',
      [{ except: [], when: 5 }],
      `except must be a list of classes, predicates or trackers, got an array of 0. ${when}, got 5.`,
    ],
  ])('%s', (_what, rules, text) => {
    const decorate = (): unknown => TrackWhen(...(rules as never[]));
    expect(decorate).toThrow(TypeError);
    if (text.endsWith('$')) expect(decorate).toThrow(new RegExp(`^@TrackWhen: .*${text}`));
    else expect(decorate).toThrow(new TypeError(`@TrackWhen: ${text}`));
  });
});
