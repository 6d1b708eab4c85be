import { styleText } from 'node:util';
import type { ProcessIo } from '../process-io.ts';
import { jsonText } from './json-text.ts';
import { withoutControls } from './plain-text.ts';

/** Colors of text. */
export type Tone = 'good' | 'bad' | 'faint' | 'strong';

const styles = { good: 'green', bad: 'red', faint: 'dim', strong: 'bold' } as const;

/** Prints data to standard output, and everything else to standard error. */
export class Output {
  readonly #io: ProcessIo;
  readonly #noColor: boolean;

  constructor(io: ProcessIo, noColor: boolean) {
    this.#io = io;
    this.#noColor = noColor;
  }

  /** Prints lines of data. */
  print(lines: readonly string[]): void {
    if (lines.length > 0) this.#io.stdout.write(`${lines.join('\n')}\n`);
  }

  /** Prints a value as JSON. */
  printJson(value: unknown): void {
    this.print([jsonText(value)]);
  }

  /** Prints `value` as JSON with `--json`, else the lines of `text`. */
  present(
    options: { readonly json?: true | undefined },
    value: unknown,
    text: () => readonly string[],
  ): void {
    if (options.json) this.printJson(value);
    else this.print(text().map(withoutControls));
  }

  /** Prints a message beside the data. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** Colors text for standard output, if that is a terminal and colors aren't disabled. */
  paint(tone: Tone, text: string): string {
    const colored = this.#io.stdout.isTTY === true && !this.#noColor;
    return colored ? styleText(styles[tone], text, { validateStream: false }) : text;
  }
}
