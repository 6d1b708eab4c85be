import { checkInteger, checkIntegers, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import { refusal } from '../errors/serving-error.ts';
import { CodecThread, type CodecCall } from './codec-thread.ts';
import type { Codec, CodecFunctions, CodecName } from './codec.ts';
import { FairQueue } from './fair-queue.ts';

/** Options of {@link CodecPool}. */
export interface CodecPoolOptions {
  /**
   * Maximum number of worker threads; none runs before the first large body, and none 30 seconds after the last.
   * @defaultValue 2
   */
  readonly threads?: number;
  /**
   * Maximum number of bodies that wait for a thread.
   * @defaultValue 64
   */
  readonly maxQueued?: number;
  /**
   * Maximum number of bodies of one client that wait for a thread; applies to {@link CodecPool.forClient}.
   * @defaultValue a quarter of `maxQueued`, at least 1
   */
  readonly maxQueuedPerClient?: number;
  /**
   * Maximum heap of each thread, in MiB.
   * @defaultValue 256
   */
  readonly maxHeapMebibytes?: number;
  /**
   * Maximum duration for one body, in milliseconds.
   * @defaultValue 10000
   */
  readonly timeoutMs?: number;
}

const optionNames: OptionNames<CodecPoolOptions> = {
  threads: 'optional',
  maxQueued: 'optional',
  maxQueuedPerClient: 'optional',
  maxHeapMebibytes: 'optional',
  timeoutMs: 'optional',
};

const IDLE_MS = 30_000;
/** Share of the queue that the bodies of one client have by default. */
const CLIENT_SHARE = 0.25;

/**
 * Worker threads that decode large request bodies and encode large responses, so that none blocks the event loop.
 * When bodies of several clients wait, the clients take turns.
 *
 * Share one pool between all handlers of a process, and close it at the end.
 *
 * @example
 * ```ts
 * import { CodecPool, inferenceHandler, ModelServer } from '@fairlead/serving';
 *
 * const codec = new CodecPool({ threads: 2 });
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * const handler = inferenceHandler(models, { codec });
 * console.log(handler.length); // 3
 * await codec.close();
 * ```
 */
export class CodecPool implements Codec {
  readonly #options: Required<CodecPoolOptions>;
  readonly #threads = new Set<CodecThread>();
  readonly #queue = new FairQueue<CodecCall>();
  readonly #idleTimer: NodeJS.Timeout;
  #closed = false;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value. */
  constructor(options: CodecPoolOptions = {}) {
    const {
      threads = 2,
      maxQueued = 64,
      maxQueuedPerClient = Math.max(1, Math.ceil(maxQueued * CLIENT_SHARE)),
      maxHeapMebibytes = 256,
      timeoutMs = 10_000,
    } = checkOptions('new CodecPool', options, optionNames);
    this.#options = { threads, maxQueued, maxQueuedPerClient, maxHeapMebibytes, timeoutMs };
    checkInteger('maxQueued', maxQueued, 0, MAX_INT32);
    checkIntegers({ threads, maxQueuedPerClient, maxHeapMebibytes, timeoutMs }, 1, MAX_INT32);
    // A heap that has grown is only given back with its thread.
    this.#idleTimer = setTimeout(() => {
      for (const thread of this.#threads) if (thread.isIdle) this.#end(thread);
    }, IDLE_MS).unref();
  }

  run<N extends CodecName>(
    name: N,
    ...args: Parameters<CodecFunctions[N]>
  ): Promise<ReturnType<CodecFunctions[N]>> {
    return this.#run(undefined, name, args);
  }

  /** The same threads for the bodies of one client: of its bodies, at most `maxQueuedPerClient` wait. */
  forClient(client: string): Codec {
    return { run: (name, ...args) => this.#run(client, name, args) };
  }

  #run<N extends CodecName>(
    client: string | undefined,
    name: N,
    args: Parameters<CodecFunctions[N]>,
  ): Promise<ReturnType<CodecFunctions[N]>> {
    if (this.#closed) {
      return Promise.reject(refusal('ERR_SERVING_CLOSED', 'the server is shutting down'));
    }
    const idle = this.#idleThread();
    const { maxQueuedPerClient } = this.#options;
    if (
      idle === undefined &&
      client !== undefined &&
      this.#queue.sizeOf(client) >= maxQueuedPerClient
    ) {
      const message = `${maxQueuedPerClient} large bodies of this client wait to be decoded or encoded, the limit of one client; wait for their answers, then try again`;
      return Promise.reject(refusal('ERR_SERVING_CLIENT_LIMIT', message));
    }
    if (idle === undefined && this.#queue.size >= this.#options.maxQueued) {
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
      if (idle === undefined) this.#queue.push(client, call);
      else idle.run(call);
    });
  }

  /** Ends every thread; what is still decoded or encoded fails with `ERR_SERVING_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    const error = refusal('ERR_SERVING_CLOSED', 'the server is shutting down');
    for (const { reject } of this.#queue.clear()) reject(error);
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
      (ended) => {
        this.#end(ended);
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
