import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { Breaker, BreakerRegistry, type FaultSignal, type Listener } from '../../lib/core/index.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import { deferred, rejection, settled, unhandled } from '../support/async.js';
import { aBreaker, bad, good } from '../support/breaker.js';

const broken = (): never => {
  throw new Error('my listener');
};

describe('a listener that throws', () => {
  it('changes nothing: not the call, not the state, not the other listeners', async () => {
    const heard: string[] = [];
    const { breaker, signals } = aBreaker({
      listeners: [{ onCall: broken, onTransition: broken }, { onTransition: ({ to }) => heard.push(to) }],
    });
    const error = new Error('down');
    for (let i = 0; i < 3; i++)
      expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(breaker.state).toBe('open');
    expect(heard).toEqual(['open']);
    expect(signals.of('fault')).toHaveLength(4);
    expect(signals.of('fault')[0]).toMatchObject({ source: 'listener', error: { message: 'my listener' } });
  });

  it('does not touch a value either', async () => {
    const { breaker } = aBreaker({ listeners: [{ onCall: broken }] });
    expect(await breaker.execute(() => 'value')).toBe('value');
    expect(breaker.snapshot().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('is told after the signal it failed at', () => {
    const { breaker, signals } = aBreaker({ listeners: [{ onTransition: broken }] });
    breaker.disable();
    expect(signals.signals.map(({ kind }) => kind)).toEqual(['transition', 'fault']);
  });

  it('because its method cannot be read is a fault like any other', () => {
    let isArmed = false;
    const hostile = {
      get onTransition() {
        return isArmed ? broken() : () => undefined;
      },
    };
    const { breaker, signals } = aBreaker({ listeners: [hostile] });
    isArmed = true;
    breaker.disable();
    expect(signals.of('fault')).toHaveLength(1);
  });
});

describe('an async listener', () => {
  it('that rejects is told once, and nothing is unhandled', async () => {
    const { breaker, signals } = aBreaker({
      listeners: [{ onTransition: () => Promise.reject(new Error('late')) }],
    });
    expect(await unhandled(() => void breaker.disable())).toEqual([]);
    expect(signals.of('fault')).toMatchObject([{ source: 'listener', error: { message: 'late' } }]);
  });

  it('that is slow delays nobody', async () => {
    const late = deferred();
    const { breaker } = aBreaker({ listeners: [{ onCall: () => late.promise }] });
    expect(await breaker.execute(() => 'value')).toBe('value');
    late.resolve(undefined);
  });

  it('that answers twice, with something that is no real promise, is told once', async () => {
    const thenable = {
      then(_: unknown, reject: (error: Error) => void) {
        reject(new Error('one'));
        reject(new Error('two'));
      },
    };
    const { breaker, signals } = aBreaker({ listeners: [{ onTransition: () => thenable }] });
    breaker.disable();
    expect(signals.of('fault')).toEqual([]);
    await settled();
    expect(signals.of('fault')).toMatchObject([{ error: { message: 'one' } }]);
  });

  it.each([
    ['null', null],
    ['an object that is no promise', { then: 'later' }],
    ['a number', 7],
  ])('may answer %s', async (_, answer) => {
    const { breaker, signals } = aBreaker({ listeners: [{ onTransition: () => answer }] });
    breaker.disable();
    await settled();
    expect(signals.of('fault')).toEqual([]);
  });
});

describe('a listener of faults that is itself at fault', () => {
  let warn: jest.SpiedFunction<typeof process.emitWarning>;
  beforeEach(() => {
    warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => {
    warn.mockRestore();
  });

  it('does not touch a call even where warnings are made errors', async () => {
    warn.mockImplementation(broken);
    const { breaker } = aBreaker({ tracker: broken, listeners: [{ onFault: broken }] });
    const error = new Error('down');
    for (let i = 0; i < 3; i++)
      expect(await rejection(breaker.execute(() => Promise.reject(error)))).toBe(error);
    expect(breaker.state).toBe('open');
  });

  it('is not told of it again: the process is warned', () => {
    const heard: FaultSignal[] = [];
    const { breaker } = aBreaker({
      tracker: broken,
      listeners: [{ onFault: broken }, { onFault: (signal) => heard.push(signal) }],
    });
    bad(breaker);
    expect(heard).toHaveLength(1);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith('a fault listener failed: Error: my listener', {
      type: 'FluxgateWarning',
      code: 'FLUXGATE_LISTENER_FAULT',
    });
  });
});

describe('a listener', () => {
  it('has calls timed only if it hears of them', () => {
    const { clock } = aBreaker();
    const breaker = new Breaker('payments', { listeners: [{ onTransition: () => 0 }] }, { clock });
    const remembered = (): unknown => {
      breaker.executeSync(() => 'value');
      return breaker.snapshot({ window: true }).memory.window;
    };
    expect(remembered()).toEqual({ failures: '0' });
    breaker.subscribe({ onCall: () => 0 });
    expect(remembered()).toEqual({ failures: '00', durationsMs: [null, 0] });
  });

  it.each([undefined, null, 5, 'onCall', {}, () => 0])('is not %p', (given) => {
    expect(() => aBreaker().breaker.subscribe(given as never)).toThrow(
      'Breaker "payments".subscribe: listener must be an object with any of onTransition, onCall,',
    );
  });
});

describe('subscribe', () => {
  it('hears until it is undone, and undoing twice does nothing', () => {
    const { breaker } = aBreaker();
    let heard = 0;
    const listener: Listener = { onCall: () => heard++ };
    const off = breaker.subscribe(listener);
    const offAgain = breaker.subscribe(listener);
    good(breaker);
    expect(heard).toBe(2);
    off();
    off();
    good(breaker);
    expect(heard).toBe(3);
    offAgain();
    good(breaker);
    expect(heard).toBe(3);
  });

  it('calls a method as a method', () => {
    class Pager {
      readonly heard: string[] = [];
      onTransition({ to }: { to: string }): void {
        this.heard.push(to);
      }
    }
    const { breaker } = aBreaker();
    const pager = new Pager();
    breaker.subscribe(pager);
    breaker.disable();
    expect(pager.heard).toEqual(['disabled']);
  });

  it('from within a listener begins with the next signal', () => {
    const heard: string[] = [];
    const { breaker } = aBreaker();
    const off = breaker.subscribe({
      onTransition: () => {
        off();
        breaker.subscribe({ onTransition: ({ to }) => heard.push(to) });
      },
    });
    breaker.disable();
    breaker.reset();
    expect(heard).toEqual(['closed']);
  });

  it.each([
    [
      null,
      'listener must be an object with any of onTransition, onCall, onRejected, onFallback, onWouldTrip, onReconfigured, onFault, got null.',
    ],
    [
      {},
      'listener must be an object with any of onTransition, onCall, onRejected, onFallback, onWouldTrip, onReconfigured, onFault, got an object (Object).',
    ],
    [{ onOpen: () => undefined }, 'got an object (Object).'],
    [{ onCall: 'log' }, 'listener.onCall must be a method, got "log".'],
  ])('refuses %j', (listener, text) => {
    const { breaker } = aBreaker();
    expect(() => breaker.subscribe(listener as never)).toThrow(text);
    expect(() => breaker.subscribe(listener as never)).toThrow('Breaker "payments".subscribe: ');
  });
});

describe('a listener that nobody needs', () => {
  it('does not cost the calls of a breaker that only tells transitions', () => {
    const registry = new BreakerRegistry();
    const breaker = registry.create('quiet');
    const heard: string[] = [];
    registry.subscribe({ onTransition: ({ kind }) => heard.push(kind) });
    good(breaker, 10);
    breaker.disable();
    expect(heard).toEqual(['transition']);
  });

  it('is none to put a signal together for: nobody asks for the date', () => {
    const clock = new ManualClock();
    const registry = new BreakerRegistry({ clock, listeners: [{ onTransition: () => undefined }] });
    const breaker = registry.create('payments');
    breaker.forceOpen();
    const dates = jest.spyOn(clock, 'wallNow');
    expect(() => breaker.executeSync(() => 'value')).toThrow('forced open');
    expect(dates).not.toHaveBeenCalled();
    breaker.subscribe({ onRejected: () => undefined });
    expect(() => breaker.executeSync(() => 'value')).toThrow('forced open');
    expect(dates).toHaveBeenCalled();
  });
});
