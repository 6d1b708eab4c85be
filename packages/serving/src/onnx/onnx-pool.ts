import type { Tensor } from '@fairlead/signature';
import type {
  Execution,
  ExecutionContext,
  RowAnalysis,
  Runtime,
  RuntimeMemory,
  RuntimePlacement,
} from '../runtime/runtime.ts';
import { freeTensors } from '../storage/free-storage.ts';
import { ServingError } from '../errors/serving-error.ts';
import { HostError } from './host-error.ts';
import type { HostedSession } from './hosted-session.ts';
import type { InProcessSession } from './in-process-session.ts';
import type { Tenant } from './onnx-hosts.ts';
import { operandMismatch, shapeMismatch } from './shape-mismatch.ts';
import { VersionWorkers, type VersionWorkersOptions } from './version-workers.ts';
import { WorkerPlacement, type OnnxPlan } from './worker-placement.ts';

/** Options of {@link OnnxPool}. */
export type OnnxPoolOptions = VersionWorkersOptions;

/** Session in this thread. */
type InProcess = Pick<InProcessSession, 'takes' | 'run' | 'close' | 'residentBytes'>;

/**
 * Executes one version in its own workers, or in one that it shares with other versions while it has little to execute.
 *
 * A lost worker is replaced, and executions wait for that.
 */
export class OnnxPool implements Runtime, Tenant {
  readonly platform = 'onnx_onnxv1';
  readonly #options: OnnxPoolOptions;
  readonly #workers: VersionWorkers;
  readonly #placement: WorkerPlacement;
  /** Executions that run in this thread. */
  #inProcessRuns = 0;
  #onInProcessIdle: (() => void) | undefined;
  #inProcess: InProcess | undefined;
  #used = true;

  constructor(options: OnnxPoolOptions) {
    this.#options = options;
    this.#workers = new VersionWorkers(options);
    this.#placement = new WorkerPlacement(this.#workers, options);
    options.hosts.enter(this);
  }

  get concurrency(): number {
    return this.placement.workers;
  }

  get placement(): RuntimePlacement {
    return this.#placement.current;
  }

  get memory(): RuntimeMemory {
    const copy = this.#inProcess?.residentBytes ?? 0;
    const { fileBytes, residentBytes } = this.#workers.loader;
    return { fileBytes, residentBytes: residentBytes + copy };
  }

  /** Analysis of the model's graph, after it was loaded. */
  get rowAnalysis(): RowAnalysis | undefined {
    return this.#workers.loader.facts.rowAnalysis;
  }

  /** Reason why an execution can end its process; undefined when none can. */
  get crashRisk(): string | undefined {
    return this.#workers.loader.facts.crashRisk;
  }

  /** Milliseconds of processor time that the last load took in a worker. */
  get loadCpuMs(): number {
    return this.#workers.loader.cpuMs;
  }

  /**
   * Brings the pool to what was planned; workers that compute with another number of threads are replaced.
   *
   * Of a plan that is `shareable` one worker is there at first, and the others follow when there is enough to execute.
   *
   * @throws HostError when the model can't be loaded.
   */
  async place(plan: OnnxPlan, inProcess?: InProcess): Promise<void> {
    this.#inProcess = inProcess;
    await this.#placement.place(plan, inProcess !== undefined);
  }

  /** Moves to a shared worker, where the plan allows that; gets more workers from now on when it needs them. */
  async warmedUp(): Promise<void> {
    await this.#placement.warmedUp();
  }

  async execute(inputs: readonly Tensor[], { ownsInputs }: ExecutionContext): Promise<Execution> {
    this.#used = true;
    const { slots } = this.#workers;
    const alone = this.#inProcessRuns === 0 && slots.allIdle;
    if (this.#inProcess?.takes(inputs, alone) === true)
      return this.#runInProcess(this.#inProcess, inputs, ownsInputs);
    for (;;) {
      const session = slots.take() ?? (await this.#nextSession());
      try {
        const result = await session.run(inputs, ownsInputs, this.#options.executionTimeoutMs);
        this.#placement.recordExecution(result.computeDurationMs);
        return result;
      } catch (error) {
        // Another version hung in a worker that they shared.
        if (error instanceof HostError && error.threadLost && !error.started) continue;
        const detail = error instanceof Error ? error.message : String(error);
        if (error instanceof HostError && error.isInput) {
          throw new ServingError('ERR_SERVING_BAD_REQUEST', detail, { cause: error });
        }
        throw this.#runError(detail, error, inputs);
      } finally {
        this.#workers.free(session);
      }
    }
  }

  unhealthy(): Promise<string | undefined> {
    const { slots, lastLoss } = this.#workers;
    const reason =
      slots.size === 0 ? `${this.#options.title} has no worker: ${lastLoss}` : undefined;
    return Promise.resolve(reason);
  }

  async close(): Promise<void> {
    const closing = this.#workers.close();
    this.#workers.slots.rejectWaiting(this.#error('ERR_SERVING_CLOSED', 'was unloaded'));
    if (this.#inProcessRuns > 0)
      await new Promise<void>((resolve) => (this.#onInProcessIdle = resolve));
    await Promise.all([closing, this.#inProcess?.close()]);
    await this.#options.hosts.leave(this);
  }

  checkIdle(): void {
    const idle = !this.#used && this.#inProcessRuns === 0 && this.#workers.slots.allIdle;
    this.#used = false;
    if (idle) void this.#placement.shareIfIdle();
  }

  async #runInProcess(
    session: InProcess,
    inputs: readonly Tensor[],
    ownsInputs: boolean,
  ): Promise<Execution> {
    if (this.#workers.closed) throw this.#error('ERR_SERVING_CLOSED', 'was unloaded');
    this.#inProcessRuns += 1;
    try {
      const result = await session.run(inputs);
      if (ownsInputs) freeTensors(inputs);
      return result;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw this.#runError(detail, error, inputs);
    } finally {
      this.#inProcessRuns -= 1;
      if (this.#inProcessRuns === 0) this.#onInProcessIdle?.();
    }
  }

  #runError(detail: string, cause: unknown, inputs: readonly Tensor[]): ServingError {
    const mismatch = shapeMismatch(detail);
    if (mismatch !== undefined)
      return this.#error('ERR_SERVING_BAD_REQUEST', `takes no such input: ${mismatch}`, cause);
    const unfit = operandMismatch(detail, inputs);
    if (unfit !== undefined)
      return this.#error('ERR_SERVING_BAD_REQUEST', `can't compute this request: ${unfit}`, cause);
    return this.#error('ERR_SERVING_RUN_FAILED', `failed: ${detail}`, cause);
  }

  #nextSession(): Promise<HostedSession> {
    if (this.#workers.closed)
      return Promise.reject(this.#error('ERR_SERVING_CLOSED', 'was unloaded'));
    return this.#workers.slots.next();
  }

  #error(
    code: ConstructorParameters<typeof ServingError>[0],
    what: string,
    cause?: unknown,
  ): ServingError {
    const lost = cause instanceof HostError && cause.threadLost;
    const hint = lost ? '; the worker is being replaced' : '';
    return new ServingError(code, `${this.#options.title} ${what}${hint}`, { cause });
  }
}
