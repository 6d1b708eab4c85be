import { styleText } from 'node:util';
import type { ProcessIo } from '../process-io.ts';
import { jsonText } from './json-text.ts';

/** What is coloured, and how. */
export type Tone = 'good' | 'bad' | 'faint' | 'strong';

const styles = { good: 'green', bad: 'red', faint: 'dim', strong: 'bold' } as const;

/** Where the command prints: data to standard output, all that is about it to standard error. */
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

  /** Prints what is asked for: JSON with `--json`, else the lines that `text` makes. */
  present(
    options: { readonly json?: true | undefined },
    value: unknown,
    text: () => readonly string[],
  ): void {
    if (options.json) this.printJson(value);
    else this.print(text());
  }

  /** Tells people something beside the data. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** Colours text for standard output, if that is a terminal that wants colours. */
  paint(tone: Tone, text: string): string {
    const coloured = this.#io.stdout.isTTY === true && !this.#noColor;
    return coloured ? styleText(styles[tone], text, { validateStream: false }) : text;
  }
}
