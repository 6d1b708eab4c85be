import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SpooledFile } from '../spool/capture-sink.ts';
import type { ConvertedSpool } from './convert-spool.ts';

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const entry = new URL(`./convert-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Converts a spool file in a separate thread, so that requests don't wait for it; a thread per file costs 50 ms every few minutes.
 *
 * @throws Error when the file can't be read, or the signal ends it
 */
export async function convertInWorker(
  file: SpooledFile,
  signal: AbortSignal,
): Promise<ConvertedSpool> {
  signal.throwIfAborted();
  const worker = new Worker(entry, { name: 'fairlead-capture', workerData: file, env: {} });
  try {
    const ended = once(worker, 'exit', { signal }).then(() => {
      throw new Error(`the thread that converts ${file.path} has ended without a result`);
    });
    const message = once(worker, 'message', { signal });
    const [converted] = (await Promise.race([message, ended])) as [ConvertedSpool];
    return converted;
  } finally {
    await worker.terminate();
  }
}
