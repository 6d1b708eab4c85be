import type { Tensor } from '@fairlead/signature';
import { abortError } from '../abort-error.ts';
import type { RunContext, RunResult, Runtime, RuntimeEvent } from '../runtime.ts';
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
  readonly maxQueued: number;
  readonly executionTimeoutMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
}

interface Job {
  readonly inputs: readonly Tensor[];
  readonly signal: AbortSignal;
  readonly acceptedAt: number;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: ServingError) => void;
}

const RESTART_DELAY_MS = 200;
const GREATEST_RESTART_DELAY_MS = 10_000;

/** Worker threads that hold one version, with a bounded queue before them; a lost thread is replaced. */
export class OnnxPool implements Runtime {
  readonly platform = 'onnx_onnxv1';
  readonly #options: OnnxPoolOptions;
  readonly #threads = new Set<OnnxThread>();
  readonly #idle: OnnxThread[] = [];
  /** In order of arrival; a set, so that a job whose client is gone leaves it at once. */
  readonly #queue = new Set<Job>();
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

  run(inputs: readonly Tensor[], { signal }: RunContext): Promise<RunResult> {
    if (signal.aborted) return Promise.reject(abortError(signal));
    if (this.#closed) return Promise.reject(this.#error('ERR_SERVING_CLOSED', 'is being unloaded'));
    if (this.#idle.length === 0 && this.#queue.size >= this.#options.maxQueued) {
      const detail = `has ${this.#queue.size} requests waiting, its limit; try again later`;
      return Promise.reject(this.#error('ERR_SERVING_OVERLOADED', detail));
    }
    return new Promise<RunResult>((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.delete(job);
        reject(abortError(signal));
      };
      const job: Job = {
        inputs,
        signal,
        acceptedAt: performance.now(),
        resolve: (result) => {
          signal.removeEventListener('abort', onAbort);
          resolve(result);
        },
        reject: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(job);
      this.#dispatch();
    });
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
    for (const job of this.#queue) job.reject(this.#error('ERR_SERVING_CLOSED', 'was unloaded'));
    this.#queue.clear();
    const idle = new Set(this.#idle.splice(0));
    const closing = [...this.#threads].map(async (thread) => {
      if (idle.has(thread)) await thread.close();
      else thread.abandon('the version was unloaded');
    });
    await Promise.all(closing);
  }

  #dispatch(): void {
    for (const job of this.#queue) {
      const thread = this.#idle.pop();
      if (thread === undefined) return;
      this.#queue.delete(job);
      void this.#execute(thread, job);
    }
  }

  async #execute(thread: OnnxThread, job: Job): Promise<void> {
    const { executionTimeoutMs } = this.#options;
    const queueDurationMs = performance.now() - job.acceptedAt;
    const hung = setTimeout(() => {
      thread.abandon(`an execution took longer than ${executionTimeoutMs} ms`);
    }, executionTimeoutMs);
    try {
      const { outputs, computeDurationMs } = await thread.run(job.inputs);
      job.resolve({ outputs, queueDurationMs, computeDurationMs });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      job.reject(this.#error('ERR_SERVING_RUN_FAILED', `failed: ${detail}`, error));
    } finally {
      clearTimeout(hung);
    }
    if (thread.lost !== undefined || this.#closed) return;
    this.#idle.push(thread);
    this.#dispatch();
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
    this.#idle.push(thread);
    this.#dispatch();
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
