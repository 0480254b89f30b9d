import {
  lastLaneOf,
  passAgain,
  type Breaker,
  type CallSite,
  type KeyedBreakers,
  type Lane,
} from '../core/index.js';
import type { GuardConfig, Member } from './member.js';
import type { Guard, Runner } from './process-wide.js';
import { ITSELF } from './tokens.js';

/** A guarded method in one app, class and module, worked out once. */
export interface Site {
  /** Two copies of this package may give methods the same id. */
  readonly member: Member;
  /** `undefined` where every call asks for its own, by its key. */
  readonly breaker: Breaker | undefined;
  /** The breakers that there are per key. */
  readonly group: KeyedBreakers | undefined;
  readonly call: CallSite;
}

/** The breaker of a call. */
function breakerOf({ breaker, group }: Site, { config }: Member, self: unknown, args: unknown[]): Breaker {
  // A function of its own: what a closure needs is allocated where the function around it begins.
  return breaker ?? keyedBreaker(group!, config, self, args);
}

function keyedBreaker(group: KeyedBreakers, { key }: GuardConfig, self: unknown, args: unknown[]): Breaker {
  return group.ask(() => key!.apply(self, args));
}

/** The part of a call that is the same for every guarded method. */
export function enterSite(site: Site, member: Member, self: unknown, args: unknown[]): unknown {
  return breakerOf(site, member, self, args).enter(member.shape, site.call, member.original, self, args);
}

/**
 * The interceptor, as objects of one class and module carry it: it knows the site of the first of their methods that
 * was called, and the lane of its calls. In a server, where nothing is in the caches any more when the next request
 * comes, each object and each function on the way to the breaker counts.
 */
export class Station implements Runner {
  private first: Site | undefined;
  /** Those of its other methods. */
  private readonly others: Site[] = [];
  /** Whose lane is kept: the first one's, if its calls are by promise and not per key. */
  private member: Member | undefined;
  private lane: Lane | undefined;
  readonly [ITSELF]: Guard;

  constructor(
    guard: Guard,
    /** Those of the app. */
    private readonly sites: { of(member: Member, self: unknown): Site },
  ) {
    this[ITSELF] = guard;
  }

  run(member: Member, self: unknown, args: unknown[]): unknown {
    const { lane } = this;
    if (lane !== undefined && this.member === member && lane.isOpen) {
      return passAgain(lane, member.original, self, args);
    }
    return this.enter(member, self, args);
  }

  private enter(member: Member, self: unknown, args: unknown[]): unknown {
    const { first } = this;
    const site = first?.member === member ? first : this.find(member, self);
    const given = enterSite(site, member, self, args);
    if (site === this.first) this.keepLane(site);
    return given;
  }

  /** Not of breakers per key, which have one each; and other shapes go by other doors. */
  private keepLane({ member, breaker, call }: Site): void {
    if (breaker === undefined || member.shape !== 'promise') return;
    this.member = member;
    this.lane = lastLaneOf(call);
  }

  private find(member: Member, self: unknown): Site {
    const known = this.others.find((site) => site.member === member);
    if (known !== undefined) return known;
    const site = this.sites.of(member, self);
    if (this.first === undefined) this.first = site;
    else this.others.push(site);
    return site;
  }
}
