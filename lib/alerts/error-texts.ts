import { mustBe, RedactFault, redactText, showError, summaryOf, type Redact } from '../core/index.js';
import type { AlertsLog } from './log.js';
import type { AlertsPolicy } from './options.js';

/** What is left are name and code. */
const HIDE_ALL: Redact = () => '';

/** What alerts say of an error: what `errorText` makes of it, and `redact` lets through. */
export class ErrorTexts {
  private fault: RedactFault | undefined;

  constructor(
    private readonly policy: Pick<AlertsPolicy, 'errorText' | 'redact'>,
    private readonly log: AlertsLog,
  ) {}

  /** Never throws. */
  of(error: unknown): string {
    const { errorText, redact } = this.policy;
    const onFault = (thrown: unknown): void => {
      this.fault = new RedactFault(thrown);
      this.log.fault('redact', 'alerts say name and code alone', thrown);
    };
    if (errorText === undefined) return showError(error, redact, onFault);
    const text = this.made(error, errorText);
    if (redact === undefined) return text;
    return redactText(text, summaryOf(error), redact, onFault) ?? showError(error, HIDE_ALL);
  }

  /** @throws RedactFault, so that `onFault` hears that `redact` failed. */
  tellFault(): void {
    const { fault } = this;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
  }

  private made(error: unknown, errorText: (error: unknown) => unknown): string {
    try {
      const text = errorText(error);
      if (typeof text === 'string') return text;
      throw new TypeError(mustBe('what errorText gives', 'a string', text));
    } catch (fault) {
      this.log.fault('errorText', 'alerts say nothing of the error', fault);
      return 'an error that errorText cannot read';
    }
  }
}
