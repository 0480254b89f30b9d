import { isTerminal } from './paint.js';

const REDRAW_MS = 500;
/** Where nothing can be drawn over: a pipe, a file, a CI log. */
const REPEAT_MS = 5000;

const UP_AND_CLEAR = (lines: number): string => `\u001b[${lines}A\u001b[0J`;

/**
 * Lines that come and go upwards, and a block that stays below them and is kept up to date. On a terminal the
 * block is redrawn in place; elsewhere it is repeated now and then, as plain lines.
 */
export class Screen {
  private block: (width: number) => readonly string[] = () => [];
  private drawn = { text: '', lines: 0 };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  /** Writes above the block. */
  print(text: string): void {
    if (!isTerminal) this.out.write(`${text}\n`);
    else this.draw(`${text}\n`);
  }

  /** Shows the block from now on. */
  pin(block: (width: number) => readonly string[]): void {
    this.block = block;
    this.draw();
    this.timer = setInterval(() => this.draw(), isTerminal ? REDRAW_MS : REPEAT_MS);
  }

  /** Leaves the block as it is, and writes below it. */
  unpin(): void {
    clearInterval(this.timer);
    this.block = () => [];
    this.drawn = { text: '', lines: 0 };
  }

  /** In one write, so that nothing flickers; in none where nothing is new, so that text can be selected. */
  private draw(above = ''): void {
    // A line as wide as the terminal would wrap.
    const lines = this.block((this.out.columns ?? 121) - 1);
    const text = lines.map((line) => `${line}\n`).join('');
    if (isTerminal && above === '' && text === this.drawn.text) return;
    const erase = isTerminal && this.drawn.lines > 0 ? UP_AND_CLEAR(this.drawn.lines) : '';
    this.out.write(erase + above + text);
    this.drawn = { text, lines: lines.length };
  }
}
