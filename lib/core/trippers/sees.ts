/** What a rule looks at, told without asking it: where nothing of it is there, it need not be asked. */
export interface Sees {
  /** Does it look at durations? Then every call is timed. */
  readonly readsTime: boolean;
  /** Fewer failures in a row than so many are the same to it as none; `Infinity` where it does not look at them. */
  readonly leastStreak: number;
  /**
   * It is false while the share of failures and those of slow calls are all below this, fewer than `leastStreak` failed
   * in a row, and no call hangs; `undefined` where nobody knows.
   */
  readonly leastShare: number | undefined;
  /** No call that has been under way for less is of interest to it; `Infinity`: none at all. */
  readonly leastHungMs: number;
}

/** A rule of the user's, of which nobody knows: it is asked each time. */
export const SEES_ALL: Sees = Object.freeze({
  readsTime: true,
  leastStreak: 1,
  leastShare: undefined,
  leastHungMs: Infinity,
});

/** A rule of calls that are over, neither of their durations nor of failures in a row. */
export const SEES_COUNTS: Sees = Object.freeze({
  readsTime: false,
  leastStreak: Infinity,
  leastShare: 0,
  leastHungMs: Infinity,
});

export function joined(members: readonly { readonly sees: Sees }[], binding: 'and' | 'or'): Sees {
  const all = members.map(({ sees }) => sees);
  return Object.freeze({
    readsTime: all.some(({ readsTime }) => readsTime),
    leastStreak: Math.min(...all.map(({ leastStreak }) => leastStreak)),
    leastShare: leastShareOf(all, binding),
    leastHungMs: Math.min(...all.map(({ leastHungMs }) => leastHungMs)),
  });
}

/** "Both" needs what the more demanding one needs. */
function leastShareOf(all: readonly Sees[], binding: 'and' | 'or'): number | undefined {
  const shares = all.map(({ leastShare }) => leastShare ?? NaN);
  const least = binding === 'and' ? Math.max(...shares) : Math.min(...shares);
  return Number.isNaN(least) ? undefined : least;
}

/** The opposite of what is false without failures is true without them. */
export const negated = (sees: Sees): Sees =>
  Object.freeze({ ...sees, leastShare: sees.leastShare === undefined ? undefined : 0 });
