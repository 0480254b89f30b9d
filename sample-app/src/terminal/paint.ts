import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Can what is written be drawn over? */
export const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb';

const isColoured = isTerminal && (process.env.NO_COLOR ?? '') === '';

export function paint(style: Style, text: string): string {
  return isColoured ? styleText(style, text) : text;
}
