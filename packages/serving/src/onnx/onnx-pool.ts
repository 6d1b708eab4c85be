import type { Tensor } from '@fairlead/signature';
import type { Execution, ExecutionContext, Runtime, RuntimeEvent } from '../runtime.ts';
import { ServingError } from '../serving-error.ts';
import { OnnxThread, ThreadError } from './onnx-thread.ts';
import type { WorkerModel } from './worker-message.ts';

/** What a pool needs. */
export interface OnnxPoolOptions {
  /** Name and version of the model, for messages. */
  readonly title: string;
  /** Reads the model anew for each thread, for its buffer is moved there. */
  readonly readModel: () => Promise<WorkerModel>;
  readonly workers: number;
  readonly executionTimeoutMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
}

const RESTART_DELAY_MS = 200;
const GREATEST_RESTART_DELAY_MS = 10_000;

/** Worker threads that hold one version; a lost thread is replaced, and executions wait for that. */
export class OnnxPool implements Runtime {
  readonly platform = 'onnx_onnxv1';
  readonly #options: OnnxPoolOptions;
  readonly #threads = new Set<OnnxThread>();
  readonly #idle: OnnxThread[] = [];
  /** Executions that found no thread, because one was lost. */
  readonly #waiting: PromiseWithResolvers<OnnxThread>[] = [];
  #lastLoss = 'no worker was started';
  #closed = false;

  private constructor(options: OnnxPoolOptions) {
    this.#options = options;
  }

  /** @throws ThreadError when the model can't be loaded. */
  static async start(options: OnnxPoolOptions): Promise<OnnxPool> {
    const pool = new OnnxPool(options);
    try {
      await Promise.all(Array.from({ length: options.workers }, () => pool.#add()));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get concurrency(): number {
    return this.#options.workers;
  }

  async execute(inputs: readonly Tensor[], { ownsInputs }: ExecutionContext): Promise<Execution> {
    const thread = this.#idle.pop() ?? (await this.#nextThread());
    const { executionTimeoutMs } = this.#options;
    const hung = setTimeout(() => {
      thread.abandon(`an execution took longer than ${executionTimeoutMs} ms`);
    }, executionTimeoutMs);
    try {
      return await thread.run(inputs, ownsInputs);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw this.#error('ERR_SERVING_RUN_FAILED', `failed: ${detail}`, error);
    } finally {
      clearTimeout(hung);
      this.#free(thread);
    }
  }

  unhealthy(): Promise<string | undefined> {
    const reason =
      this.#threads.size === 0
        ? `${this.#options.title} has no worker: ${this.#lastLoss}`
        : undefined;
    return Promise.resolve(reason);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const unloaded = this.#error('ERR_SERVING_CLOSED', 'was unloaded');
    for (const waiting of this.#waiting.splice(0)) waiting.reject(unloaded);
    const idle = new Set(this.#idle.splice(0));
    const closing = [...this.#threads].map(async (thread) => {
      if (idle.has(thread)) await thread.close();
      else thread.abandon('the version was unloaded');
    });
    await Promise.all(closing);
  }

  #nextThread(): Promise<OnnxThread> {
    if (this.#closed) return Promise.reject(this.#error('ERR_SERVING_CLOSED', 'was unloaded'));
    const next = Promise.withResolvers<OnnxThread>();
    this.#waiting.push(next);
    return next.promise;
  }

  #free(thread: OnnxThread): void {
    if (thread.lost !== undefined || this.#closed) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(thread);
    else next.resolve(thread);
  }

  async #add(): Promise<void> {
    const thread = await OnnxThread.start(await this.#options.readModel());
    if (this.#closed) {
      await thread.close();
      return;
    }
    this.#threads.add(thread);
    void thread.gone.then(() => {
      this.#lose(thread);
    });
    this.#free(thread);
  }

  #lose(thread: OnnxThread): void {
    this.#threads.delete(thread);
    const index = this.#idle.indexOf(thread);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#closed) return;
    this.#lastLoss = thread.lost ?? 'the thread ended';
    this.#options.onEvent({ type: 'worker-lost', reason: this.#lastLoss });
    void this.#replace();
  }

  async #replace(): Promise<void> {
    let delay = RESTART_DELAY_MS;
    while (!this.#closed) {
      try {
        await this.#add();
        return;
      } catch (error) {
        this.#lastLoss = error instanceof Error ? error.message : String(error);
        const paused = delay;
        await new Promise((resolve) => setTimeout(resolve, paused).unref());
        delay = Math.min(delay * 2, GREATEST_RESTART_DELAY_MS);
      }
    }
  }

  #error(
    code: ConstructorParameters<typeof ServingError>[0],
    what: string,
    cause?: unknown,
  ): ServingError {
    const lost = cause instanceof ThreadError && cause.threadLost;
    const hint = lost ? '; the worker is being replaced' : '';
    return new ServingError(code, `${this.#options.title} ${what}${hint}`, { cause });
  }
}
