import { Worker } from 'node:worker_threads';
import { packInput, type FuzzInput } from './fuzz-input.ts';
import type { WatchdogData } from './watchdog-worker.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** Ends the process when an input never ends, and writes the input to a file: no timer of the same thread would fire. */
export class Watchdog {
  readonly #worker: Worker;
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #encoder = new TextEncoder();

  constructor(path: string, timeoutMs: number) {
    const shared = new SharedArrayBuffer(8 + MOST_BYTES);
    this.#head = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, 8);
    const data: WatchdogData = { shared, path, timeoutMs };
    this.#worker = new Worker(new URL('./watchdog-worker.ts', import.meta.url), {
      workerData: data,
    });
    this.#worker.unref();
  }

  /** The input that is tried next. */
  see(input: FuzzInput): void {
    const { written } = this.#encoder.encodeInto(packInput(input), this.#bytes);
    Atomics.store(this.#head, 1, written);
    Atomics.add(this.#head, 0, 1);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
