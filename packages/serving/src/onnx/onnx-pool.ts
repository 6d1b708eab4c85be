import type { Tensor } from '@fairlead/signature';
import type {
  Execution,
  ExecutionContext,
  RowAnalysis,
  Runtime,
  RuntimeEvent,
  RuntimePlacement,
} from '../runtime.ts';
import { ServingError } from '../serving-error.ts';
import type { InProcessSession } from './in-process-session.ts';
import { OnnxThread, ThreadError } from './onnx-thread.ts';
import type { ModelFile } from './session-model.ts';

/** What a pool needs. */
export interface OnnxPoolOptions {
  /** Name and version of the model, for messages. */
  readonly title: string;
  /** Reads the model anew for each thread, for its buffer is moved there. */
  readonly readModel: () => Promise<ModelFile>;
  readonly executionTimeoutMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** What computes in this thread. */
type Here = Pick<InProcessSession, 'takes' | 'run' | 'close'>;

const UNPLACED = { workers: 0, intraOpThreads: 0, inProcess: false, reason: 'not loaded yet' };
const RESTART_DELAY_MS = 200;
const GREATEST_RESTART_DELAY_MS = 10_000;

/** Worker threads that hold one version; a lost thread is replaced, and executions wait for that. */
export class OnnxPool implements Runtime {
  readonly platform = 'onnx_onnxv1';
  /** What the graph of the model shows, once it was read. */
  rowAnalysis: RowAnalysis | undefined;
  readonly #options: OnnxPoolOptions;
  readonly #threads = new Set<OnnxThread>();
  readonly #idle: OnnxThread[] = [];
  /** Executions that found no thread, because one was lost. */
  readonly #waiting: PromiseWithResolvers<OnnxThread>[] = [];
  /** Executions that run in this thread. */
  #here = 0;
  #onLeft: (() => void) | undefined;
  #lastLoss = 'no worker was started';
  #closed = false;

  #placement: RuntimePlacement = { ...UNPLACED };
  #inProcess: Here | undefined;

  constructor(options: OnnxPoolOptions) {
    this.#options = options;
  }

  get concurrency(): number {
    return this.#placement.workers;
  }

  get placement(): RuntimePlacement {
    return this.#placement;
  }

  /**
   * Brings the pool to what was planned; threads that compute with another number of threads are made anew.
   *
   * @throws ThreadError when the model can't be loaded.
   */
  async place(plan: Omit<RuntimePlacement, 'inProcess'>, inProcess?: Here): Promise<void> {
    const { workers, intraOpThreads } = this.#placement;
    const fits = plan.intraOpThreads === intraOpThreads;
    const outgrown = fits ? [] : this.#idle.splice(0);
    const kept = fits ? workers : 0;
    this.#placement = { ...plan, inProcess: inProcess !== undefined };
    this.#inProcess = inProcess;
    await Promise.all([
      ...outgrown.map((thread) => this.#retire(thread)),
      ...Array.from({ length: plan.workers - kept }, () => this.#add()),
    ]);
  }

  async execute(inputs: readonly Tensor[], { ownsInputs }: ExecutionContext): Promise<Execution> {
    const alone = this.#here === 0 && this.#idle.length === this.#threads.size;
    if (this.#inProcess?.takes(inputs, alone) === true)
      return this.#runHere(this.#inProcess, inputs);
    const thread = this.#idle.pop() ?? (await this.#nextThread());
    const { executionTimeoutMs } = this.#options;
    const hung = setTimeout(() => {
      thread.abandon(`an execution took longer than ${executionTimeoutMs} ms`);
    }, executionTimeoutMs);
    try {
      return await thread.run(inputs, ownsInputs);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (error instanceof ThreadError && error.isInput) {
        throw new ServingError('ERR_SERVING_BAD_REQUEST', detail, { cause: error });
      }
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
    if (this.#here > 0) await new Promise<void>((resolve) => (this.#onLeft = resolve));
    await Promise.all([...closing, this.#inProcess?.close()]);
  }

  async #runHere(session: Here, inputs: readonly Tensor[]): Promise<Execution> {
    if (this.#closed) throw this.#error('ERR_SERVING_CLOSED', 'was unloaded');
    this.#here += 1;
    try {
      return await session.run(inputs);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw this.#error('ERR_SERVING_RUN_FAILED', `failed: ${detail}`, error);
    } finally {
      this.#here -= 1;
      if (this.#here === 0) this.#onLeft?.();
    }
  }

  async #retire(thread: OnnxThread): Promise<void> {
    this.#threads.delete(thread);
    await thread.close();
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
    const { intraOpThreads } = this.#placement;
    const model = await this.#options.readModel();
    const thread = await OnnxThread.start({ ...model, intraOpThreads });
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
    // A thread that was retired isn't missed.
    if (!this.#threads.delete(thread)) return;
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
