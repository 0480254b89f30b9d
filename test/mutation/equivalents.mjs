/**
 * Mutants that no test can kill, because they change nothing that can be observed; one by one.
 * `line` is the line on which the mutant begins, `change` what it changes: `npm run mutate` prints both.
 * An entry that matches no survivor, or several, fails the run.
 * @type {{ file: string, line: string, change: string, why: string }[]}
 */
export const equivalents = [
  {
    file: 'lib/core/base/validate.ts',
    line: 'if (Math.abs(candidate.length - name.length) >= bestDistance) continue;',
    change:
      'Math.abs(candidate.length - name.length) >= bestDistance → Math.abs(candidate.length - name.length) > bestDistance',
    why: 'Saves work only: a candidate whose difference in length is the best distance is not nearer.',
  },
  {
    file: 'lib/core/model/metric.ts',
    line: 'for (let i = 0; i < this.slowCounts.length; i++) {',
    change: 'i < this.slowCounts.length → i <= this.slowCounts.length',
    why: 'There is no threshold after the last: no duration is at least undefined. (merge() has the same line; there it is noticed.)',
  },
  {
    file: 'lib/core/trackers/read.ts',
    line: 'answer = (value as Record<string, () => unknown>)[method]?.();',
    change:
      '(value as Record<string, () => unknown>)[method]?.() → (value as Record<string, () => unknown>)[method]()',
    why: 'Saves work only: calling what is not there throws, and is caught.',
  },
  {
    file: 'lib/core/trackers/type-of.ts',
    line: "'SuppressedError',",
    change: '\'SuppressedError\' → ""',
    why: 'Node 20 has no SuppressedError; from Node 24 on a spec notices.',
  },
  {
    file: 'lib/core/windows/time-store.ts',
    line: 'if (!(tick > this.newestTick)) return;',
    change: 'tick > this.newestTick → tick >= this.newestTick',
    why: 'In the same bucket as before the ring turns by no bucket at all.',
  },
  {
    file: 'lib/core/windows/time-store.ts',
    line: 'if (this.sums.totalCount === 0) return;',
    change: 'this.sums.totalCount === 0 → false',
    why: 'Saves work only: where all sums are 0 all buckets are empty, and emptying them changes nothing.',
  },
  {
    file: 'lib/core/notifier.ts',
    line: 'if (this.isDelivering || this.queue.length === 0) return;',
    change: 'this.queue.length === 0 → false',
    why: 'Saves work only: an empty queue is delivered by doing nothing.',
  },
  {
    file: 'lib/core/options.ts',
    line: 'return compose(options, place, (key) => READERS[key](defaults[key], key, []));',
    change: '[] → ["Stryker was here"]',
    why: 'It is a list that nobody reads: what is wrong with the defaults was told where they were given.',
  },
  {
    file: 'lib/core/base/text.ts',
    line: "if (typeof value === 'string') return oneLine(JSON.stringify(value.slice(0, 80)), 80);",
    change: 'value.slice(0, 80) → value',
    why: 'Saves work only: of what is quoted no more is shown than of the cut text.',
  },
  {
    file: 'lib/core/explain.ts',
    line: "if ('window' in circuit) metric = circuit.window.metric(nowMs);",
    change: "'window' in circuit → true",
    why: 'A window that is not there cannot be asked, which is taken for no figures, as is its absence.',
  },
  {
    file: 'lib/core/rejection.ts',
    line: 'known.breaker !== breaker ||',
    change:
      'known.breaker !== breaker || known.state !== circuit.state || known.reason !== reason || known.retry… → true',
    why: 'Saves work only: what is put together anew says the same.',
  },
  {
    file: 'lib/core/restore.ts',
    line: "case 'closed':",
    change:
      "case 'closed': return { ...entered, state, window: windowOf(snapshot, policy, nowMs, passedMs) }; → case 'closed':",
    why: 'It falls through to metrics_only, whose verdict nobody reads while the state is closed.',
  },
  {
    file: 'lib/core/registry.ts',
    line: 'private readonly audience = new Audience([]);',
    change: '[] → ["Stryker was here"]',
    why: 'A text among the listeners has no method that could be called, so nobody hears of it.',
  },
  {
    file: 'lib/core/keyed/keyed-breakers.ts',
    line: 'this.policy = { ...policy, listeners: [] };',
    change: '[] → ["Stryker was here"]',
    why: 'A text among the listeners has no method that could be called, so nobody hears of it.',
  },
  {
    file: 'lib/core/notifier.ts',
    line: 'private readonly queue: Signal[] = [];',
    change: '[] → ["Stryker was here"]',
    why: 'A text in the queue is a signal of no kind: no listener has a method for it.',
  },
  {
    file: 'lib/core/notifier.ts',
    line: 'if (!this.hears(kind)) return;',
    change: '!this.hears(kind) → false',
    why: 'Saves work only: a signal that nobody listens for is delivered to nobody.',
  },
  {
    file: 'lib/core/notifier.ts',
    line: 'if (isThenable(answer)) {',
    change: 'isThenable(answer) → true',
    why: 'Saves work only: what is no promise never rejects.',
  },
  {
    file: 'lib/core/classifier.ts',
    line: "typeof answer === 'boolean'",
    change: "typeof answer === 'boolean' → false",
    why: 'Saves work only: syncAnswer gives a boolean back as it is.',
  },
  {
    file: 'lib/core/classifier.ts',
    line: "typeof answer === 'boolean'",
    change: '\'boolean\' → ""',
    why: 'Saves work only: syncAnswer gives a boolean back as it is.',
  },
  {
    file: 'lib/core/controls.ts',
    line: 'if (policy !== this.policy) this.follow({ policy, changed: [] });',
    change: 'policy !== this.policy → true',
    why: 'Saves work only: taking over the rules that are there changes nothing, and is not told.',
  },
  {
    file: 'lib/core/doors/call.ts',
    line: 'if (timeoutMs === undefined && callerSignal === undefined) return run();',
    change: 'timeoutMs === undefined && callerSignal === undefined → false',
    why: 'Saves work only: without limits the promise made for them ends as the task does.',
  },
  {
    file: 'lib/core/doors/observable.ts',
    line: '} catch {',
    change: '{ return false; } → {}',
    why: 'Whoever asks takes undefined for the no that it is.',
  },
  {
    file: 'lib/core/doors/passing.ts',
    line: "if (typeof value === 'object' && types.isPromise(value)) {",
    change: "typeof value === 'object' → true",
    why: 'Saves work only: what is no object is no promise either.',
  },
  {
    file: 'lib/core/doors/lane.ts',
    line: 'return site.fallback === undefined ? rejecting(error) : recover(gate, site, error, ending, invocation);',
    change: 'site.fallback === undefined → false',
    why: 'Saves work only: recover rejects where there is no fallback, with the same error.',
  },
  {
    file: 'lib/core/doors/lane.ts',
    line: "return outcome === 'ignored' && isRejectionOf(gate.name, error) ? 'rejected' : outcome;",
    change: "outcome === 'ignored' → true",
    why: 'Saves work only: the classifier ignores every rejection of its own breaker, so no other outcome could be one.',
  },
  {
    file: 'lib/core/call-site.ts',
    line: 'return fallback === undefined ? NO_INVOCATION : { self, args };',
    change: 'fallback === undefined → false',
    why: 'Saves work only: what the call was given is kept for a fallback that there is not.',
  },
  {
    file: 'lib/core/judge.ts',
    line: "return typeof answer === 'boolean' ? answer : syncAnswer(answer, 'the tripper', 'trippers');",
    change: '\'boolean\' → ""',
    why: 'Saves work only: syncAnswer gives a boolean back as it is.',
  },
  {
    file: 'lib/core/judge.ts',
    line: '} finally {',
    change: '{ this.spare = context; } → {}',
    why: 'Saves work only: without the spare one a new context is made for each question.',
  },
  {
    file: 'lib/core/readings.ts',
    line: "protected readonly ownSite = callSite('', {});",
    change: '\'\' → "Stryker was here!"',
    why: 'It begins the text about bad options; these are empty, and nothing can be wrong with them.',
  },
  {
    file: 'lib/core/readings.ts',
    line: 'if (this.waiters.size === 0) return;',
    change: 'this.waiters.size === 0 → false',
    why: 'Saves work only: nobody is woken where nobody waits, and whoever comes to wait forgets what was told.',
  },
  {
    file: 'lib/core/teller.ts',
    line: "if (!notifier.hears('rejected')) return;",
    change: "!notifier.hears('rejected') → false",
    why: 'Saves work only: a signal that nobody listens for is delivered to nobody.',
  },
  {
    file: 'lib/core/ticket.ts',
    line: "if (this.circuit.state !== 'half_open') return;",
    change: "this.circuit.state !== 'half_open' → false",
    why: 'Saves work only: only the lease of a probe is ever looked at.',
  },
  {
    file: 'lib/nest/inspection.ts',
    line: 'if (this.met.has(type)) return;',
    change: 'this.met.has(type) → false',
    why: 'Saves work only: a class that was good is looked at again with each instance, and is as good as before.',
  },
  {
    file: 'lib/nest/interceptor.ts',
    line: "if (isNative(response)) response.setHeader('Retry-After', seconds);",
    change: 'isNative(response) → false',
    why: 'The Fastify adapter of Nest 12 takes the response of Node.js as well; with that of Nest 11 a spec notices.',
  },
  {
    file: 'lib/nest/interceptor.ts',
    line: "const isNative = (response: object): response is ServerResponse => !('status' in response);",
    change: "(response: object): response is ServerResponse => !('status' in response) → () => undefined",
    why: 'The Fastify adapter of Nest 12 takes the response of Node.js as well; with that of Nest 11 a spec notices.',
  },
  {
    file: 'lib/nest/module.ts',
    line: '{ provide: FEATURE_TOKEN, useValue: { options, number: ++featureCount } },',
    change: '++featureCount → --featureCount',
    why: 'The numbers have to differ, whichever way they go.',
  },
  {
    file: 'lib/nest/root.ts',
    line: 'if (awaits !== undefined) return { provide: INTERCEPTOR_TOKEN, useExisting: CircuitBreakerInterceptor };',
    change: 'awaits !== undefined → true',
    why: 'Nest happens to read the options of forRoot before it makes the first guarded object; to wait for them makes that certain.',
  },
  {
    file: 'lib/nest/member.ts',
    line: 'export const nextId = (): number => ++lastId;',
    change: '(): number => ++lastId → () => undefined',
    why: 'Saves work only: places of methods with one id are told apart by the method itself.',
  },
  {
    file: 'lib/nest/member.ts',
    line: 'export const nextId = (): number => ++lastId;',
    change: '++lastId → --lastId',
    why: 'Saves work only: a list by negative numbers finds what it holds, slower.',
  },
  {
    file: 'lib/nest/slot.ts',
    line: 'if (INTERCEPTOR_SLOT in prototype) return;',
    change: 'INTERCEPTOR_SLOT in prototype → false',
    why: 'Saves work only: Nest would inject the same once for every guarded method of a class.',
  },
  {
    file: 'lib/core/keyed/news.ts',
    line: 'if (isThenable(answer)) Promise.resolve(answer).catch(this.fault);',
    change: 'isThenable(answer) → true',
    why: 'Saves work only: a promise of what is none is fulfilled.',
  },
];
