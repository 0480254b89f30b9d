import { describe, expect, it, jest } from '@jest/globals';

import {
  Breaker,
  BreakerRegistry,
  explanationText,
  FailureStreak,
  FluxgateConfigError,
  KeyedBreakers,
  TripWhen,
  type FaultSignal,
  type Redact,
} from '../../lib/core/index.js';
import { aBreaker, bad } from '../support/breaker.js';
import { settled } from '../support/async.js';

const SECRET = 'tok_live_42';
const leak = (): Error => Object.assign(new Error(`401 for ${SECRET}`), { code: 'E_AUTH' });
const redact: Redact = (text) => text.replaceAll(/tok_\w+/g, '***');

describe('redact', () => {
  it('hides secrets in lastError, in a snapshot and in what is saved for a warm start', () => {
    const { breaker } = aBreaker({}, { redact });
    bad(breaker, 1, leak());
    expect(breaker.snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
    expect(JSON.stringify(breaker.snapshot({ window: true }))).not.toContain(SECRET);
    expect(JSON.stringify(breaker)).not.toContain(SECRET);
    bad(breaker, 2, leak());
    expect(breaker.state).toBe('open');
    expect(breaker.snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
  });

  it('is given message, name and code', () => {
    const asked = jest.fn<Redact>(() => '…');
    const { breaker } = aBreaker({}, { redact: asked });
    bad(breaker, 1, Object.assign(new RangeError('out'), { code: 7 }));
    expect(breaker.snapshot().lastError).toBe('RangeError: …');
    expect(asked.mock.calls).toEqual([['out', { name: 'RangeError', code: 7 }]]);
  });

  it('is asked when something is shown, not for each call', async () => {
    const asked = jest.fn<Redact>((text) => text);
    const { breaker } = aBreaker({ tripper: FailureStreak(100) }, { redact: asked });
    for (let i = 0; i < 50; i++) await breaker.execute(() => Promise.reject(leak())).catch(() => 0);
    expect(asked).not.toHaveBeenCalled();
    breaker.snapshot();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('sees what comes before the cut that is shown, so that half a secret is not shown', () => {
    const { breaker } = aBreaker({}, { redact: (text) => text.replace(/<.*>/, '<>') });
    bad(breaker, 1, new Error(`<${'s'.repeat(900)}> said no`));
    expect(breaker.snapshot().lastError).toBe('Error: <> said no');
  });

  it('is given 1024 characters at most', () => {
    const asked = jest.fn<Redact>((text) => text);
    const { breaker } = aBreaker({}, { redact: asked });
    bad(breaker, 1, new Error('x'.repeat(5000)));
    breaker.snapshot();
    expect(asked.mock.calls[0]![0]).toHaveLength(1024);
  });

  it('is asked for what was thrown and is no error, and not for a returned value', () => {
    const { breaker } = aBreaker({ trackResult: () => true }, { redact });
    bad(breaker, 1, SECRET);
    expect(breaker.snapshot().lastError).toBe('"***"');
    breaker.acquire().succeed();
    expect(breaker.snapshot().lastError).toBe('a returned value (trackResult)');
  });

  it('is asked again for a text that another process has saved', () => {
    const { breaker } = aBreaker();
    bad(breaker, 1, leak());
    const saved = JSON.parse(JSON.stringify(breaker.snapshot({ window: true })));
    const next = aBreaker({}, { redact }).breaker;
    next.restore(saved);
    expect(next.snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
  });

  it('hides secrets in an explanation that quotes what a rule threw', () => {
    const tripper = TripWhen(() => {
      throw leak();
    }).or(FailureStreak(1));
    const { breaker, signals } = aBreaker({ tripper }, { redact });
    bad(breaker);
    expect(explanationText(signals.of('transition')[0]!.explanation!)).toContain('401 for ***');
    expect(JSON.stringify(breaker.explain())).not.toContain(SECRET);
    expect(breaker.explain().text).toContain('401 for ***');
  });

  it('hides secrets in a warning that quotes what a listener of faults threw', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const listener = {
      onFault: () => {
        throw leak();
      },
    };
    const tripper = TripWhen(() => {
      throw new Error('rule');
    });
    const breaker = new Breaker('a warning', { tripper, listeners: [listener] }, { redact });
    bad(breaker);
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      'a fault listener failed: Error: 401 for *** (E_AUTH)',
    ]);
    warned.mockRestore();
  });

  it('leaves the error itself to callers, signals and retries', async () => {
    const error = leak();
    const { breaker, signals } = aBreaker({ tripper: FailureStreak(1) }, { redact });
    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(signals.of('transition')[0]!.lastError).toBe(error);
    expect(error.message).toContain(SECRET);
  });

  it('holds for all breakers of a registry, and of a group', () => {
    const registry = new BreakerRegistry({ redact });
    const group = registry.createKeyed('gateway', { keys: {} });
    const alone = new KeyedBreakers('alone', { keys: {} }, { redact });
    for (const breaker of [registry.create('payments'), group.for('a'), group.shared, alone.for('a')]) {
      bad(breaker, 1, leak());
      expect(breaker.snapshot().lastError).toBe('Error: 401 for *** (E_AUTH)');
    }
  });

  it.each<[string, () => unknown]>([
    ['a breaker', () => new Breaker('payments', {}, { redact: 5 as never })],
    ['a registry', () => new BreakerRegistry({ redact: 5 as never })],
    ['a group', () => new KeyedBreakers('gateway', { keys: {} }, { redact: 5 as never })],
  ])('is refused by %s when it is no function', (_what, make) => {
    expect(make).toThrow(FluxgateConfigError);
    expect(make).toThrow('redact must be a function (text, { name, code }) => string, got 5.');
  });
});

describe('a redact that fails', () => {
  const fails: [string, Redact, RegExp][] = [
    [
      'throws',
      () => {
        throw new Error('no redact');
      },
      /no redact/,
    ],
    ['gives no string', () => undefined as never, /what redact gives must be a string, got undefined/],
    ['gives a promise', () => Promise.reject(new Error('later')) as never, /must be a string/],
  ];

  it.each(fails)('because it %s shows name and code alone, and is told', async (_how, broken, what) => {
    const { breaker, signals } = aBreaker({}, { redact: broken });
    bad(breaker, 1, leak());
    expect(breaker.snapshot().lastError).toBe('Error (E_AUTH)');
    bad(breaker, 1, SECRET);
    expect(breaker.snapshot().lastError).toBe('an error');
    await settled();
    const faults = signals.of('fault');
    expect(faults).toMatchObject([{ source: 'redact' }]);
    expect((faults[0]!.error as Error).message).toMatch(what);
  });

  it('is told once until it works again, even to a listener that asks for what fails', async () => {
    let isBroken = true;
    const told: FaultSignal[] = [];
    const { breaker } = aBreaker(
      {
        listeners: [
          {
            onFault: async (signal) => {
              told.push(signal);
              breaker.snapshot();
              await settled();
              breaker.snapshot();
            },
          },
        ],
      },
      {
        redact: (text) => {
          if (isBroken) throw new Error('no redact');
          return text;
        },
      },
    );
    bad(breaker, 1, leak());
    for (let i = 0; i < 5; i++) breaker.snapshot();
    await settled();
    await settled();
    expect(told).toHaveLength(1);
    isBroken = false;
    breaker.snapshot();
    isBroken = true;
    breaker.snapshot();
    await settled();
    expect(told).toHaveLength(2);
  });
});
