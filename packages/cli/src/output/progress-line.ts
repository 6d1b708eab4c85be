import type { ProcessIo } from '../process-io.ts';
import { oneLine } from './plain-text.ts';

/** A line on a terminal that is written over and over; nothing where standard error isn't one. */
export class ProgressLine {
  readonly #stream: ProcessIo['stderr'];
  readonly #now: () => number;
  #shownAtMs = -Infinity;
  #visible = false;

  constructor({ stderr }: ProcessIo, now: () => number = () => performance.now()) {
    this.#stream = stderr;
    this.#now = now;
  }

  /** Shows how far something is, ten times a second at most. */
  show(text: string): void {
    if (this.#stream.isTTY !== true || this.#now() - this.#shownAtMs < 100) return;
    this.#shownAtMs = this.#now();
    this.#visible = true;
    const { columns = 0 } = this.#stream;
    // A terminal whose width nobody set has 0 columns.
    const width = columns > 0 ? columns : 80;
    this.#stream.write(`\r\u001b[K${oneLine(text).slice(0, width - 1)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#visible) this.#stream.write('\r\u001b[K');
    this.#visible = false;
  }
}
