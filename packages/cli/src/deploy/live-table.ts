import type { ProcessIo } from '../process-io.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';

/** Time between two updates of the screen, in milliseconds. */
const FRAME_MS = 100;

/** Table on standard error that is written again in place while hosts change; on a pipe, a line for each change. */
export class LiveTable {
  readonly #io: ProcessIo;
  readonly #columns: readonly string[];
  readonly #rows = new Map<string, readonly string[]>();
  #height = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: ProcessIo, columns: readonly string[]) {
    this.#io = io;
    this.#columns = columns;
  }

  /** Replaces a row, or adds it below the others; its first cell is the name. */
  set(name: string, cells: readonly string[]): void {
    const row = [name, ...cells].map(oneLine);
    if (this.#rows.get(name)?.join('\0') === row.join('\0')) return;
    this.#rows.set(name, row);
    if (this.#io.stderr.isTTY !== true) {
      this.#io.stderr.write(`${row.filter((cell) => cell !== '').join(': ')}\n`);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#draw();
    }, FRAME_MS).unref();
  }

  /** Writes the table for the last time; it stays on the screen. */
  end(): void {
    if (this.#io.stderr.isTTY === true && this.#rows.size > 0) this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { columns = 0, rows = 0 } = this.#io.stderr;
    const width = columns > 0 ? columns : 80;
    const all = table(this.#columns, [...this.#rows.values()]);
    // A table higher than the screen can't be written in place.
    const lines = rows > 2 && all.length >= rows ? all.slice(-(rows - 1)) : all;
    const up = this.#height > 0 ? `\u001b[${this.#height}A` : '';
    this.#height = lines.length;
    const text = lines.map((line) => `\u001b[K${line.slice(0, width - 1)}\n`).join('');
    this.#io.stderr.write(`${up}\r${text}`);
  }
}
