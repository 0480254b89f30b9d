import { mustBe } from '../base/validate.js';

/** A rule that composes: trackers and trippers. */
export interface Composable<Rule, Like> {
  and(other: Like): Rule;
  or(other: Like): Rule;
  not(): Rule;
}

/** How tight a text binds: what has to be put in brackets inside what. */
export type Binding = 'or' | 'and' | 'leaf';

/**
 * `a & (b | c)`: joins texts, with brackets only where they are needed: of one operator there is one list of
 * members, so an *or* among them stands in an *and*.
 */
export function joinText(
  operator: 'and' | 'or',
  members: readonly { readonly binding: Binding; toString(): string }[],
): string {
  return members
    .map((member) => (member.binding === 'or' ? `(${member})` : member.toString()))
    .join(operator === 'and' ? ' & ' : ' | ');
}

/** `!a`, `!(a | b)`. */
export function negateText(member: { readonly binding: Binding; toString(): string }): string {
  return member.binding === 'leaf' ? `!${member}` : `!(${member})`;
}

/**
 * Are all of these so? `and(a, b, c)` is `a.and(b).and(c)`.
 *
 * For trackers and for trippers, not for a mix of them. The first is a tracker or a tripper; the others may
 * also be plain functions or objects that the family takes. They are asked from left to right, and none after
 * the first "no". `and(a)` is `a`.
 *
 * @throws TypeError when the first is neither: wrap a function in `Custom(…)` or `TripWhen(…)`.
 * Source: the `&` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { and, FailureRate, MinRequests } from 'nestjs-fluxgate';
 *
 * assert.equal(String(and(MinRequests(20), FailureRate(0.5))), 'MinRequests(20) & FailureRate(0.5)');
 * ```
 */
export function and<Rule, Like>(first: Composable<Rule, Like>, ...others: NoInfer<Like>[]): Rule {
  return others.reduce<Composable<Rule, Like>>(
    (rule, other) => rule.and(other) as Composable<Rule, Like>,
    composable(first, 'and'),
  ) as Rule;
}

/**
 * Is any of these so? `or(a, b, c)` is `a.or(b).or(c)`.
 *
 * For trackers and for trippers, not for a mix of them. The first is a tracker or a tripper; the others may
 * also be plain functions or objects that the family takes. They are asked from left to right, and none after
 * the first "yes". `or(a)` is `a`.
 *
 * @throws TypeError when the first is neither: wrap a function in `Custom(…)` or `TripWhen(…)`.
 * Source: the `|` of the Python library.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { ErrorCode, NetworkErrors, or } from 'nestjs-fluxgate';
 *
 * assert.ok(or(NetworkErrors(), ErrorCode('SLOW_DOWN')).isFailure({ code: 'SLOW_DOWN' }));
 * ```
 */
export function or<Rule, Like>(first: Composable<Rule, Like>, ...others: NoInfer<Like>[]): Rule {
  return others.reduce<Composable<Rule, Like>>(
    (rule, other) => rule.or(other) as Composable<Rule, Like>,
    composable(first, 'or'),
  ) as Rule;
}

/**
 * Is this not so? `not(a)` is `a.not()`, and `not(not(a))` is `a` itself.
 *
 * For a tracker or a tripper. An error of the rule stays an error: it is never turned into a "yes".
 *
 * @throws TypeError when it is neither: wrap a function in `Custom(…)` or `TripWhen(…)`.
 * Source: the `~` of the Python library, which has it for trackers only.
 * @example
 * ```ts
 * import { strict as assert } from 'node:assert';
 * import { HttpStatusIn, not } from 'nestjs-fluxgate';
 *
 * assert.ok(not(HttpStatusIn(404)).isFailure({ status: 500 }));
 * ```
 */
export function not<Rule, Like>(rule: Composable<Rule, Like>): Rule {
  return composable(rule, 'not').not();
}

function composable<Rule extends object>(given: Rule, word: 'and' | 'or' | 'not'): Rule {
  const rule: Partial<Record<string, unknown>> | null | undefined = given as never;
  if (typeof rule?.[word] === 'function') return given;
  throw new TypeError(
    mustBe(
      `${word}(): the first argument`,
      'a tracker or a tripper',
      given,
      'Wrap a function in Custom(…) or TripWhen(…).',
    ),
  );
}
