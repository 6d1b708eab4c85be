import { writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** What a watchdog is told when it is started. */
export interface WatchdogData {
  /** The number of the input, its length in bytes, and then its text. */
  readonly shared: SharedArrayBuffer;
  readonly path: string;
  readonly patienceMs: number;
}

// Runs in a thread of its own: the one that it watches may never come back.

const { shared, path, patienceMs } = workerData as WatchdogData;
const head = new Int32Array(shared, 0, 2);
let before = Atomics.load(head, 0);
setInterval(() => {
  const now = Atomics.load(head, 0);
  if (now === before && now > 0) {
    const bytes = Buffer.from(new Uint8Array(shared, 8, Atomics.load(head, 1)));
    writeFileSync(path, bytes);
    process.stderr.write(
      `input ${now} was not answered within ${patienceMs} ms; it is in ${path}\n`,
    );
    process.kill(process.pid, 'SIGKILL');
  }
  before = now;
}, patienceMs);
