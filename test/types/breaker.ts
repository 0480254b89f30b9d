// What the compiler infers for a breaker's doors, and what it refuses.
import { Breaker, FailureStreak, TypeOf, type BreakerSnapshot, type Ticket } from 'nestjs-fluxgate';
import { from, of, type Observable } from 'rxjs';

import { exactly, type Same } from './exactly.js';

declare const breaker: Breaker;
interface Answer {
  readonly status: number;
}
declare const fetchAnswer: (id: string) => Promise<Answer>;

// execute: the value of the task, promised once.
exactly<Same<Promise<Answer>, ReturnType<typeof viaExecute>>>(true);
const viaExecute = () => breaker.execute(() => fetchAnswer('1'));
const viaSyncTask = () => breaker.execute(() => 5);
exactly<Same<Promise<number>, ReturnType<typeof viaSyncTask>>>(true);
void breaker.execute(({ signal }) => {
  exactly<Same<AbortSignal, typeof signal>>(true);
  return fetchAnswer('1');
});
// trackResult sees the settled value.
void breaker.execute(() => fetchAnswer('1'), { trackResult: (answer) => answer.status >= 500 });
void breaker.execute(() => fetchAnswer('1'), {
  // @ts-expect-error an Answer has no `code`
  trackResult: (answer) => answer.code >= 500,
});
// @ts-expect-error a task is needed
void breaker.execute(fetchAnswer('1'));
// @ts-expect-error an unknown option
void breaker.execute(() => fetchAnswer('1'), { timeout: 5 });
// @ts-expect-error a moment that there is not
void breaker.execute(() => fetchAnswer('1'), { fallbackWhen: 'open' });
// @ts-expect-error a class is no tracker: TypeOf(RangeError)
void breaker.execute(() => fetchAnswer('1'), { tracker: RangeError });

void breaker.execute(() => fetchAnswer('1'), { ignore: (error) => error instanceof RangeError });
// @ts-expect-error a class is no tracker: TypeOf(RangeError)
void breaker.execute(() => fetchAnswer('1'), { ignore: RangeError });

// executeSync: the value itself.
exactly<Same<number, ReturnType<typeof viaSync>>>(true);
const viaSync = () => breaker.executeSync(() => 5);
// @ts-expect-error nobody can give up a call that returns at once
breaker.executeSync(() => 5, { signal: new AbortController().signal });

// observe: the stream of the source, or of what makes one.
exactly<Same<Observable<number>, ReturnType<typeof viaObserve>>>(true);
const viaObserve = () => breaker.observe(of(1, 2));
const viaFactory = () => breaker.observe(() => from(['a']));
exactly<Same<Observable<string>, ReturnType<typeof viaFactory>>>(true);
// @ts-expect-error a promise is no stream
breaker.observe(fetchAnswer('1'));

// iterate: the iteration of the source.
async function* pages(): AsyncGenerator<Answer, string, number> {
  yield { status: 200 };
  return 'end';
}
const viaIterate = () => breaker.iterate(pages);
exactly<Same<AsyncGenerator<Answer, string, number>, ReturnType<typeof viaIterate>>>(true);
async function* numbers() {
  yield 5;
}
void (async () => {
  for await (const one of breaker.iterate(numbers)) exactly<Same<number, typeof one>>(true);
});

// wrap: the very type of the function, overloads and `this` included.
const wrapped = breaker.wrap(fetchAnswer);
exactly<Same<typeof fetchAnswer, typeof wrapped>>(true);
declare function overloaded(id: string): Promise<string>;
declare function overloaded(id: number): Promise<number>;
const wrappedOverloads = breaker.wrap(overloaded);
exactly<Same<Promise<string>, ReturnType<typeof viaText>>>(true);
const viaText = () => wrappedOverloads('1');
exactly<Same<Promise<number>, ReturnType<typeof viaNumber>>>(true);
const viaNumber = () => wrappedOverloads(1);
breaker.wrap(fetchAnswer, { trackResult: (answer) => answer.status >= 500 });
// @ts-expect-error a sync function would become async behind the caller's back
breaker.wrap((id: string) => id.length);
// @ts-expect-error the arguments stay those of the function
void wrapped(5);

// acquire, snapshot, subscribe.
exactly<Same<Ticket, ReturnType<Breaker['acquire']>>>(true);
exactly<Same<BreakerSnapshot, ReturnType<Breaker['snapshot']>>>(true);
exactly<Same<() => void, ReturnType<Breaker['subscribe']>>>(true);
breaker.subscribe({
  onTransition: ({ from, to }) => {
    // @ts-expect-error the states are a union of strings, and this is none
    if (from === 'opened' || to === 'open') return;
  },
});
// @ts-expect-error a listener that hears nothing we tell
breaker.subscribe({ onOpen: () => {} });

// Options: parts of the right family only.
new Breaker('shop', { tripper: FailureStreak(3) });
new Breaker('shop', { ignore: TypeOf(RangeError) });
exactly<Same<string | undefined, BreakerSnapshot['rules']['ignore']>>(true);
// @ts-expect-error a list is no tracker: TypeOf(RangeError, TypeError)
new Breaker('shop', { ignore: [RangeError, TypeError] });
// @ts-expect-error a tripper is no retry
new Breaker('shop', { retry: FailureStreak(3) });
// @ts-expect-error a breaker has a name
new Breaker({ tripper: FailureStreak(3) });
