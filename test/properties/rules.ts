import {
  AllowAll,
  Always,
  AvgLatency,
  Backoff,
  Closed,
  Cooldown,
  CountWindow,
  FailureRate,
  FailureStreak,
  HalfOpened,
  MinRequests,
  Never,
  RampUp,
  Random,
  SlowRate,
  TimeWindow,
  type Permit,
  type Retry,
  type Tripper,
  type Window,
} from 'nestjs-fluxgate';

// The parts as plain data: what the naive model reads, and what the real parts are made from.

export type Rule =
  | { readonly is: 'min' | 'streak'; readonly count: number }
  | { readonly is: 'rate'; readonly ratio: number }
  | { readonly is: 'slow'; readonly ratio: number; readonly ms: number }
  | { readonly is: 'avg'; readonly ms: number }
  | { readonly is: 'closed' | 'half_open' }
  | { readonly is: 'and' | 'or'; readonly rules: readonly Rule[] }
  | { readonly is: 'not'; readonly rule: Rule };

export type WindowData =
  | { readonly is: 'count'; readonly size: number }
  | { readonly is: 'time'; readonly sizeMs: number; readonly buckets: number };

export type RetryData =
  | { readonly is: 'cooldown'; readonly ms: number; readonly jitter: number }
  | {
      readonly is: 'backoff';
      readonly initialMs: number;
      readonly multiplier: number;
      readonly maxMs: number;
      readonly jitter: number;
    }
  | { readonly is: 'always' | 'never' };

export type PermitData =
  | { readonly is: 'all' }
  | { readonly is: 'random'; readonly ratio: number }
  | { readonly is: 'ramp'; readonly from: number; readonly to: number; readonly overMs: number };

export function tripperOf(rule: Rule): Tripper {
  switch (rule.is) {
    case 'min':
      return MinRequests(rule.count);
    case 'streak':
      return FailureStreak(rule.count);
    case 'rate':
      return FailureRate(rule.ratio);
    case 'slow':
      return SlowRate(rule.ratio, rule.ms);
    case 'avg':
      return AvgLatency(rule.ms);
    case 'closed':
      return Closed();
    case 'half_open':
      return HalfOpened();
    case 'not':
      return tripperOf(rule.rule).not();
    default: {
      const [first, ...rest] = rule.rules.map(tripperOf);
      return rest.reduce((joined, one) => (rule.is === 'and' ? joined.and(one) : joined.or(one)), first!);
    }
  }
}

export const windowOf = (data: WindowData): Window =>
  data.is === 'count' ? CountWindow(data.size) : TimeWindow(data.sizeMs, { buckets: data.buckets });

export function retryOf(data: RetryData): Retry {
  switch (data.is) {
    case 'cooldown':
      return Cooldown(data.ms, { jitter: data.jitter });
    case 'backoff':
      return Backoff({
        initialMs: data.initialMs,
        multiplier: data.multiplier,
        maxMs: data.maxMs,
        jitter: data.jitter,
      });
    case 'always':
      return Always();
    case 'never':
      return Never();
  }
}

export function permitOf(data: PermitData): Permit {
  switch (data.is) {
    case 'all':
      return AllowAll();
    case 'random':
      return Random(data.ratio);
    case 'ramp':
      return RampUp(data.from, data.to, data.overMs);
  }
}
