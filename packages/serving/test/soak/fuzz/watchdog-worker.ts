import { writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** Data of a watchdog. */
export interface WatchdogData {
  /** The number of the input, its length in bytes, and then its text. */
  readonly shared: SharedArrayBuffer;
  readonly path: string;
  readonly timeoutMs: number;
}

// Runs in a separate thread: the watched one may never return.

const { shared, path, timeoutMs } = workerData as WatchdogData;
const head = new Int32Array(shared, 0, 2);
let before = Atomics.load(head, 0);
setInterval(() => {
  const now = Atomics.load(head, 0);
  if (now === before && now > 0) {
    const bytes = Buffer.from(new Uint8Array(shared, 8, Atomics.load(head, 1)));
    writeFileSync(path, bytes);
    process.stderr.write(
      `input ${now} was not answered within ${timeoutMs} ms; it is in ${path}\n`,
    );
    process.kill(process.pid, 'SIGKILL');
  }
  before = now;
}, timeoutMs);
