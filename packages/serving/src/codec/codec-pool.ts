import { refusal, ServingError } from '../serving-error.ts';
import type { CodecFunctions } from './codec-functions.ts';
import { CodecThread, type CodecCall } from './codec-thread.ts';
import type { Codec, CodecName } from './codec.ts';

/** Options of {@link CodecPool}. */
export interface CodecPoolOptions {
  /**
   * Worker threads at most; none runs before the first large body, and none 30 seconds after the last.
   * @defaultValue 2
   */
  readonly threads?: number;
  /**
   * Bodies that may wait for a thread.
   * @defaultValue 64
   */
  readonly maxQueued?: number;
  /**
   * The heap of each thread at most, in MiB.
   * @defaultValue 256
   */
  readonly maxHeapMebibytes?: number;
  /**
   * How long one body may take, in milliseconds.
   * @defaultValue 10000
   */
  readonly timeoutMs?: number;
}

const IDLE_MS = 30_000;

/**
 * Worker threads that decode large request bodies and encode large answers, so that none holds the event loop.
 *
 * Share one pool between all handlers of a process, and close it at the end.
 *
 * @example
 * ```ts
 * const codec = new CodecPool({ threads: 2 });
 * const handler = createInferenceHandler(server, { codec });
 * // …
 * await codec.close();
 * ```
 */
export class CodecPool implements Codec {
  readonly #options: Required<CodecPoolOptions>;
  readonly #threads = new Set<CodecThread>();
  readonly #queue: CodecCall[] = [];
  readonly #idleTimer: NodeJS.Timeout;
  #closed = false;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
  constructor({
    threads = 2,
    maxQueued = 64,
    maxHeapMebibytes = 256,
    timeoutMs = 10_000,
  }: CodecPoolOptions = {}) {
    this.#options = { threads, maxQueued, maxHeapMebibytes, timeoutMs };
    for (const [name, value] of Object.entries(this.#options)) {
      if (Number.isInteger(value) && value >= (name === 'maxQueued' ? 0 : 1) && value < 2 ** 31)
        continue;
      const message = `${name} of the codec is ${value}; it must be a whole number from 1`;
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
    // A heap that has grown is only given back with its thread.
    this.#idleTimer = setTimeout(() => {
      for (const thread of this.#threads) if (thread.isIdle) this.#end(thread);
    }, IDLE_MS).unref();
  }

  run<N extends CodecName>(
    name: N,
    ...args: Parameters<CodecFunctions[N]>
  ): Promise<ReturnType<CodecFunctions[N]>> {
    if (this.#closed) {
      return Promise.reject(refusal('ERR_SERVING_CLOSED', 'the server is shutting down'));
    }
    const idle = this.#idleThread();
    if (idle === undefined && this.#queue.length >= this.#options.maxQueued) {
      const message = `${this.#options.maxQueued} large bodies wait to be decoded or encoded, the limit; try again later`;
      return Promise.reject(refusal('ERR_SERVING_OVERLOADED', message));
    }
    return new Promise((resolve, reject) => {
      const call: CodecCall = {
        name,
        args,
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      if (idle === undefined) this.#queue.push(call);
      else idle.run(call);
    });
  }

  /** Ends every thread; what is still decoded or encoded fails with `ERR_SERVING_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    const error = refusal('ERR_SERVING_CLOSED', 'the server is shutting down');
    for (const { reject } of this.#queue.splice(0)) reject(error);
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }

  #idleThread(): CodecThread | undefined {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    if (this.#threads.size >= this.#options.threads) return undefined;
    const thread = new CodecThread(
      this.#options,
      (idle) => {
        const next = this.#queue.shift();
        if (next === undefined) this.#idleTimer.refresh();
        else idle.run(next);
      },
      (gone) => {
        this.#end(gone);
      },
    );
    this.#threads.add(thread);
    return thread;
  }

  #end(thread: CodecThread): void {
    if (!this.#threads.delete(thread)) return;
    void thread.close();
    const next = this.#queue.shift();
    if (next !== undefined) this.#idleThread()?.run(next);
  }
}
