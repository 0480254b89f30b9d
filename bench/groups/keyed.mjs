import { atMost } from '../checks.mjs';
import { compare, subject } from '../measure.mjs';
import { Breaker, KeyedBreakers } from '../package-under-test.mjs';
import { call } from '../work.mjs';

const MANY = 1024;

/** How many calls the default window remembers. */
const WINDOW = 100;

async function measure() {
  const one = new Breaker('one');
  const group = new KeyedBreakers('group', { keys: { max: 10_000 } });
  const keys = Array.from({ length: MANY }, (_, i) => `tenant-${i}`);
  // As many breakers in turn: what they cost the caches of the processor is not the keys' doing.
  const many = keys.map((name) => new Breaker(name));
  const map = new Map(many.map((breaker) => [breaker.name, breaker]));
  // Full windows, as in a server that has run for a while: until then a call takes up to twice as long, which some
  // rounds would measure and others not.
  for (let i = 0; i < WINDOW; i++) {
    for (const key of keys) await group.for(key).execute(call);
    for (const breaker of many) await breaker.execute(call);
  }
  return compare([
    subject('one breaker', { call: 'await one.execute(call)', scope: { one, call } }),
    subject('one key', { call: "await group.for('tenant-1').execute(call)", scope: { group, call } }),
    subject(`${MANY} breakers in turn`, {
      call: `await many[i & ${MANY - 1}].execute(call)`,
      scope: { many, call },
    }),
    // What a team has without keys, and without an end to its memory. What a look for a text costs is in both.
    subject(`${MANY} breakers in a Map`, {
      call: `await map.get(keys[i & ${MANY - 1}]).execute(call)`,
      scope: { map, keys, call },
      against: `${MANY} breakers in turn`,
    }),
    subject(`${MANY} keys in turn`, {
      call: `await group.for(keys[i & ${MANY - 1}]).execute(call)`,
      scope: { group, keys, call },
      against: `${MANY} breakers in turn`,
    }),
  ]);
}

/** A breaker per key against one without: the look for it, and its place in the line of those used last. */
export const keyed = {
  title: 'A breaker per key',
  measure,
  checks: (rows) => [
    atMost(1.3, 'one key against one breaker', rows['one key'].ratio),
    atMost(1.6, `${MANY} keys in turn against ${MANY} breakers`, rows[`${MANY} keys in turn`].ratio),
  ],
};
