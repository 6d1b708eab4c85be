import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SpooledFile } from '../spool/capture-sink.ts';
import type { ConvertedSpool } from './convert-spool.ts';

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const entry = new URL(`./convert-worker${extname(import.meta.url)}`, import.meta.url);

/** Answer of the thread about a file. */
export type ConvertAnswer = { readonly converted: ConvertedSpool } | { readonly error: unknown };

/**
 * Converts spool files in a separate thread, one after the other, so that requests don't wait for it.
 *
 * The thread starts with the first file and stays: V8 aborts a process in rare cases when threads begin and end often
 * (https://github.com/nodejs/node/issues/64500). While it has nothing to do it doesn't hold the process.
 */
export class ConvertThread {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws Error when the file can't be read, or {@link close} ended the thread */
  convert(file: SpooledFile): Promise<ConvertedSpool> {
    const converted = this.#last.then(() => this.#convert(file));
    this.#last = converted.catch(() => undefined);
    return converted;
  }

  /** Ends the thread, also while it converts. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  async #convert(file: SpooledFile): Promise<ConvertedSpool> {
    if (this.#closed) throw new Error(`${file.path} was not converted: the sink is closed`);
    const worker = (this.#worker ??= new Worker(entry, { name: 'fairlead-capture', env: {} }));
    worker.ref();
    const answered = new AbortController();
    const { signal } = answered;
    let answer: ConvertAnswer;
    try {
      const ended = once(worker, 'exit', { signal }).then(() => {
        throw new Error(`the thread that converts ${file.path} has ended without a result`);
      });
      ended.catch(() => undefined);
      const message = once(worker, 'message', { signal });
      worker.postMessage(file);
      [answer] = (await Promise.race([message, ended])) as [ConvertAnswer];
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      throw error;
    } finally {
      answered.abort();
      worker.unref();
    }
    if ('error' in answer) throw answer.error;
    return answer.converted;
  }
}
