import { describe, expect, it } from '@jest/globals';
import { BreakerRegistry, type Breaker } from 'nestjs-fluxgate';

describe('BreakerRegistry.watch', () => {
  it('tells of the breakers there are, and of those that come and go', () => {
    const registry = new BreakerRegistry();
    const heard: string[] = [];
    registry.create('early');
    registry.watch({
      onAdded: ({ name }: Breaker) => heard.push(`+${name}`),
      onRemoved: ({ name }: Breaker) => heard.push(`-${name}`),
    });
    registry.create('late');
    registry.remove('early');
    registry.remove('early');
    expect(heard).toEqual(['+early', '+late', '-early']);
  });

  it('takes a watcher that wants only one of the two', () => {
    const registry = new BreakerRegistry();
    const heard: string[] = [];
    registry.watch({ onRemoved: ({ name }) => heard.push(name) });
    registry.watch({});
    registry.create('one');
    registry.remove('one');
    expect(heard).toEqual(['one']);
  });

  it('is silent once stopped, even for one of two subscriptions of the same watcher', () => {
    const registry = new BreakerRegistry();
    const heard: string[] = [];
    const watcher = { onAdded: ({ name }: Breaker): void => void heard.push(name) };
    const stop = registry.watch(watcher);
    registry.watch(watcher);
    stop();
    stop();
    registry.create('one');
    expect(heard).toEqual(['one']);
  });
});
