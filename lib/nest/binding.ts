import type { Breaker, CallSite, KeyedBreakers } from '../core/index.js';
import type { Member } from './member.js';
import type { Guard, Runner } from './process-wide.js';
import { ITSELF } from './tokens.js';

/** A guarded method in one app, class and module, worked out once. */
export interface BoundMethod {
  /** Two copies of this package may give methods the same id. */
  readonly member: Member;
  /** `undefined` where every call asks for its own, by its key. */
  readonly breaker: Breaker | undefined;
  /** The breakers that there are per key. */
  readonly group: KeyedBreakers | undefined;
  readonly call: CallSite;
}

/** The interceptor, as objects of one class and module carry it: it knows where each of their guarded methods goes. */
export class Binding implements Runner {
  /** Those that were called; a class has a few. */
  private readonly methods: BoundMethod[] = [];
  readonly [ITSELF]: Guard;

  constructor(
    guard: Guard,
    /** @throws when the name is unknown, or the options are still awaited. */
    private readonly bind: (member: Member) => BoundMethod,
  ) {
    this[ITSELF] = guard;
  }

  run(member: Member, self: unknown, args: unknown[]): unknown {
    const { methods } = this;
    for (let i = 0; i < methods.length; i++) {
      if (methods[i]!.member === member) return enter(methods[i]!, self, args);
    }
    const bound = this.bind(member);
    methods.push(bound);
    return enter(bound, self, args);
  }
}

function enter({ member, breaker, group, call }: BoundMethod, self: unknown, args: unknown[]): unknown {
  const { shape, original } = member;
  return (breaker ?? keyedBreaker(group!, member, self, args)).enter(shape, call, original, self, args);
}

// A function of its own: what a closure needs is allocated where the function around it begins.
function keyedBreaker(group: KeyedBreakers, { config }: Member, self: unknown, args: unknown[]): Breaker {
  return group.ask(() => config.key!.apply(self, args));
}
