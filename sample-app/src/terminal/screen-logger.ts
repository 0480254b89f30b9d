import { HttpException, type LoggerService } from '@nestjs/common';

import { paint } from './paint.js';
import type { Screen } from './screen.js';

/** Nest's log, written above the table; of what is not worth a warning, only what the breakers say. */
export class ScreenLogger implements LoggerService {
  constructor(private readonly screen: Screen) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    if (rest.at(-1) === 'Fluxgate') this.write('green', message, rest);
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.write('yellow', message, rest);
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.write('red', message, rest);
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.write('red', message, rest);
  }

  /** Nest gives the context last, and the stack of an error, if any, before it. */
  private write(style: 'green' | 'yellow' | 'red', message: unknown, rest: readonly unknown[]): void {
    const time = new Date().toTimeString().slice(0, 8);
    const [stack, context] = rest.length > 1 ? rest : [undefined, rest[0]];
    const lines = [textOf(message), ...(typeof stack === 'string' ? [stack] : [])].join('\n');
    const source = typeof context === 'string' ? context : 'Nest';
    this.screen.print(`${time} ${paint(style, `[${source}]`)} ${lines}`);
  }
}

function textOf(message: unknown): string {
  if (!(message instanceof Error)) return String(message);
  // An HttpException was meant to be: its text will do.
  return message instanceof HttpException ? message.message : (message.stack ?? message.message);
}
