import type { Breaker, Listener, Ticket } from 'nestjs-fluxgate';

import type { Reaction } from './actions.js';
import { endingOf, holds, refusalOf, same, thrownBy } from './endings.js';
import type { Model, ModelCall, Refusal, Told } from './model.js';

/** A call that a listener began and left. */
export interface Left {
  readonly call: ModelCall;
  readonly ticket: Ticket;
}

/** What came of a reaction on one side. */
interface Came {
  readonly text: string;
  readonly call?: ModelCall;
  readonly ticket?: Ticket;
}

/**
 * A listener, or a permit, that calls the breaker, once; and its twin beside the model.
 * Both have to hear of it in the same step, and to get the same answer.
 */
export class Reactor {
  fired = 0;
  private armed: { readonly on: Told; readonly reaction: Reaction } | undefined;
  private real: Came | undefined;
  private twin: Came | undefined;

  constructor(private readonly model: Model) {
    model.onTold = (what) => {
      if (this.armed?.on === what && this.twin === undefined) this.twin = this.reactOnModel();
    };
  }

  arm(on: Told, reaction: Reaction): void {
    this.armed = { on, reaction };
  }

  get isArmed(): boolean {
    return this.armed !== undefined;
  }

  /** Something of the user's hears of something: this is where it calls the breaker. */
  hear(what: Told, breaker: Breaker): void {
    if (this.armed?.on !== what || this.real !== undefined) return;
    // Taken first: the reaction may be heard of as well.
    this.real = { text: 'under way' };
    this.real = reactOn(breaker, this.armed.reaction);
  }

  listener(breaker: Breaker): Listener {
    return {
      onTransition: () => this.hear('transition', breaker),
      onCall: () => this.hear('call', breaker),
      onRejected: () => this.hear('rejected', breaker),
    };
  }

  /** The end of a step: both sides reacted, or none; gives the call that was left running. */
  compare(): Left | undefined {
    const { real, twin } = this;
    same(real?.text, twin?.text, 'a listener that calls the breaker gets the answer of the model');
    if (real === undefined || twin === undefined) return undefined;
    this.armed = this.real = this.twin = undefined;
    this.fired++;
    if (real.ticket === undefined || twin.call === undefined) return undefined;
    return { call: twin.call, ticket: real.ticket };
  }

  private reactOnModel(): Came {
    const { model } = this;
    const { reaction } = this.armed!;
    this.twin = { text: 'under way' };
    switch (reaction) {
      case 'reset':
        return { text: String(model.command('closed')) };
      case 'forceOpen':
        return { text: String(model.command('forced_open', FORCED_MS)) };
      case 'metricsOnly':
        return { text: String(model.command('metrics_only')) };
      default: {
        const call = model.admit(false);
        if ('refused' in call) return { text: textOf(call) };
        if (reaction === 'leave') return { text: 'a ticket', call };
        model.settle(call, reaction === 'fail' ? 'failure' : 'success');
        return { text: reaction };
      }
    }
  }
}

const FORCED_MS = 3000;

export const textOf = ({ refused, state, retryAfterMs }: Refusal): string =>
  `${refused} in ${state}, ${retryAfterMs} ms`;

function reactOn(breaker: Breaker, reaction: Reaction): Came {
  switch (reaction) {
    case 'reset':
      return { text: String(breaker.reset()) };
    case 'forceOpen':
      return { text: String(breaker.forceOpen({ forMs: FORCED_MS })) };
    case 'metricsOnly':
      return { text: String(breaker.metricsOnly()) };
    case 'leave': {
      let ticket: Ticket | undefined;
      const error = thrownBy(() => (ticket = breaker.acquire()));
      return ticket === undefined ? { text: String(refusalOf(error)) } : { text: 'a ticket', ticket };
    }
    default: {
      const end = endingOf(reaction === 'fail' ? 'failure' : 'success');
      const error = thrownBy(() => same(breaker.executeSync(end.now), end.what, 'the very value'));
      if (error === undefined) return { text: reaction };
      const refusal = refusalOf(error);
      holds(
        typeof refusal === 'string' || error === end.what,
        'the caller in a listener gets the very error',
      );
      return { text: error === end.what ? reaction : String(refusal) };
    }
  }
}
