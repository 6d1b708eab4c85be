import { Worker } from 'node:worker_threads';

const CHECK_MS = 1000;

/**
 * Ends this child process when its parent process has ended, even while the main thread computes in native code and handles
 * no event.
 */
export function endWithParent(): void {
  const code = `const parent = require('node:worker_threads').workerData;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, ${CHECK_MS});`;
  const watch = new Worker(code, { eval: true, workerData: process.ppid, name: 'fairlead-parent' });
  watch.unref();
}
