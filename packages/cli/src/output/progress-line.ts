import type { ProcessIo } from '../process-io.ts';
import { oneLine } from './plain-text.ts';

/** A progress line that is overwritten in place; prints nothing unless standard error is a terminal. */
export class ProgressLine {
  readonly #stream: ProcessIo['stderr'];
  readonly #now: () => number;
  #shownAtMs = -Infinity;
  #visible = false;

  constructor({ stderr }: ProcessIo, now: () => number = () => performance.now()) {
    this.#stream = stderr;
    this.#now = now;
  }

  /** Replaces the line, at most ten times a second. */
  show(text: string): void {
    if (this.#stream.isTTY !== true || this.#now() - this.#shownAtMs < 100) return;
    this.#shownAtMs = this.#now();
    this.#visible = true;
    const { columns = 0 } = this.#stream;
    // A terminal of unknown width has 0 columns.
    const width = columns > 0 ? columns : 80;
    this.#stream.write(`\r\u001b[K${oneLine(text).slice(0, width - 1)}`);
  }

  /** Removes the line. */
  clear(): void {
    if (this.#visible) this.#stream.write('\r\u001b[K');
    this.#visible = false;
  }
}
