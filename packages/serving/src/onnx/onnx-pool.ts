import type { Tensor } from '@fairlead/signature';
import type {
  Execution,
  ExecutionContext,
  RowAnalysis,
  Runtime,
  RuntimeEvent,
  RuntimeMemory,
  RuntimePlacement,
} from '../runtime.ts';
import { operandMismatch, shapeMismatch } from './shape-mismatch.ts';
import { ServingError } from '../serving-error.ts';
import { HostError } from './host-error.ts';
import type { InProcessSession } from './in-process-session.ts';
import { NeedMeter } from './need-meter.ts';
import type { HostedSession } from './hosted-session.ts';
import type { OnnxHost } from './onnx-host.ts';
import type { Tenant } from './onnx-hosts.ts';
import { SessionLoader, type SessionLoaderOptions } from './session-loader.ts';
import { SessionSlots } from './session-slots.ts';

/** What a pool needs. */
export interface OnnxPoolOptions extends SessionLoaderOptions {
  readonly executionTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** What computes in this thread. */
type Here = Pick<InProcessSession, 'takes' | 'run' | 'close' | 'residentBytes'>;

/** Where a pool is to compute. */
export interface OnnxPlan extends Omit<RuntimePlacement, 'inProcess'> {
  /** Whether it may share a worker with other versions while it needs none for itself. */
  readonly shareable?: boolean;
}

const UNPLACED = { workers: 0, intraOpThreads: 0, inProcess: false, reason: 'not loaded yet' };
const RESTART_DELAY_MS = 200;
const MAX_RESTART_DELAY_MS = 10_000;

/**
 * The workers of one version: its own, or one that it shares with other versions while it has little to execute.
 *
 * A lost worker is replaced, and executions wait for that.
 */
export class OnnxPool implements Runtime, Tenant {
  readonly platform = 'onnx_onnxv1';
  readonly #options: OnnxPoolOptions;
  readonly #loader: SessionLoader;
  /** One session in each worker; as many executions run at a time. */
  readonly #sessions = new SessionSlots();
  /** Executions that run in this thread. */
  #here = 0;
  #onLeft: (() => void) | undefined;
  #lastLoss = 'no worker was started';
  #closed = false;
  #placement: RuntimePlacement = { ...UNPLACED };
  #inProcess: Here | undefined;
  #plan: OnnxPlan = { ...UNPLACED };
  #isShared = false;
  #isWarm = false;
  #moving = false;
  /** Sessions that there are to be. */
  #target = 0;
  #used = true;
  /** Measures how much it has to execute, while fewer workers are there than planned. */
  #need: NeedMeter | undefined;

  constructor(options: OnnxPoolOptions) {
    this.#options = options;
    this.#loader = new SessionLoader(options);
    options.hosts.enter(this);
  }

  get concurrency(): number {
    return this.#placement.workers;
  }

  get placement(): RuntimePlacement {
    return this.#placement;
  }

  get memory(): RuntimeMemory {
    const copy = this.#inProcess?.residentBytes ?? 0;
    const { fileBytes, residentBytes } = this.#loader;
    return { fileBytes, residentBytes: residentBytes + copy };
  }

  /** What the graph of the model shows, once it was loaded. */
  get rowAnalysis(): RowAnalysis | undefined {
    return this.#loader.facts.rowAnalysis;
  }

  /** Why an execution can end its process; undefined when none can. */
  get crashRisk(): string | undefined {
    return this.#loader.facts.crashRisk;
  }

  /** Milliseconds of processor time that the last load took in a worker. */
  get loadCpuMs(): number {
    return this.#loader.cpuMs;
  }

  /**
   * Brings the pool to what was planned; workers that compute with another number of threads are replaced.
   *
   * Of a plan that is `shareable` one worker is there at first, and the others follow when there is enough to execute.
   *
   * @throws HostError when the model can't be loaded.
   */
  async place(plan: OnnxPlan, inProcess?: Here): Promise<void> {
    this.#plan = plan;
    this.#inProcess = inProcess;
    await this.#bringTo(plan.shareable === true ? 1 : plan.workers);
  }

  /** Moves to a shared worker, where the plan allows that; gets more workers from now on when it needs them. */
  async warmedUp(): Promise<void> {
    this.#isWarm = true;
    if (this.#plan.shareable === true) await this.#move(() => this.#share());
  }

  async execute(inputs: readonly Tensor[], { ownsInputs }: ExecutionContext): Promise<Execution> {
    this.#used = true;
    const alone = this.#here === 0 && this.#sessions.allIdle;
    if (this.#inProcess?.takes(inputs, alone) === true)
      return this.#runHere(this.#inProcess, inputs);
    for (;;) {
      const session = this.#sessions.take() ?? (await this.#nextSession());
      try {
        const result = await session.run(inputs, ownsInputs, this.#options.executionTimeoutMs);
        if (this.#need?.add(result.computeDurationMs) === true) void this.#expand();
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
        this.#free(session);
      }
    }
  }

  unhealthy(): Promise<string | undefined> {
    const reason =
      this.#sessions.size === 0
        ? `${this.#options.title} has no worker: ${this.#lastLoss}`
        : undefined;
    return Promise.resolve(reason);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const unloaded = this.#error('ERR_SERVING_CLOSED', 'was unloaded');
    this.#sessions.rejectWaiting(unloaded);
    const closing = this.#sessions.all().map(async (session) => {
      if (this.#sessions.remove(session) === 'idle') await this.#unload(session);
      else if (session.host.sessions > 1) session.abandon('the version was unloaded');
      else session.host.abandon('the version was unloaded');
    });
    if (this.#here > 0) await new Promise<void>((resolve) => (this.#onLeft = resolve));
    await Promise.all([...closing, this.#inProcess?.close()]);
    await this.#options.hosts.leave(this);
  }

  checkIdle(): void {
    const idle = !this.#used && this.#here === 0 && this.#sessions.allIdle;
    this.#used = false;
    if (idle && !this.#isShared && this.#plan.shareable === true) {
      void this.#move(() => this.#share());
    }
  }

  async #runHere(session: Here, inputs: readonly Tensor[]): Promise<Execution> {
    if (this.#closed) throw this.#error('ERR_SERVING_CLOSED', 'was unloaded');
    this.#here += 1;
    try {
      return await session.run(inputs);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw this.#runError(detail, error, inputs);
    } finally {
      this.#here -= 1;
      if (this.#here === 0) this.#onLeft?.();
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

  /** Has as many workers of its own as `workers`, that compute as planned. */
  async #bringTo(workers: number): Promise<void> {
    const { intraOpThreads, reason } = this.#plan;
    const shared = this.#isShared;
    const fits = !shared && intraOpThreads === this.#placement.intraOpThreads;
    const outgrown = fits ? [] : this.#sessions.all();
    const missing = workers - this.#sessions.size + outgrown.length;
    const retire = (): Promise<unknown> =>
      Promise.all(outgrown.map((session) => this.#retire(session)));
    this.#target = workers;
    // While it is loaded nothing waits for it: no more memory is taken at a time than is wanted.
    if (!shared) await retire();
    const choose = (): OnnxHost => this.#options.hosts.empty(this.#options.title);
    const added = Array.from({ length: missing }, async () => {
      this.#keep(await this.#load(choose));
    });
    await Promise.all(added);
    this.#isShared = false;
    if (shared) await retire();
    const inProcess = this.#inProcess !== undefined;
    this.#placement = { workers, intraOpThreads, inProcess, reason };
    this.#need = this.#isWarm && workers < this.#plan.workers ? new NeedMeter() : undefined;
  }

  /** One move at a time; what keeps it from moving is no reason not to go on where it is. */
  async #move(how: () => Promise<void>): Promise<void> {
    if (this.#moving || this.#closed) return;
    this.#moving = true;
    try {
      await how();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onEvent({ type: 'move-failed', reason });
    } finally {
      this.#moving = false;
    }
  }

  async #share(): Promise<void> {
    const { hosts } = this.#options;
    const [own] = this.#sessions.all();
    if (own?.host.kind !== 'thread') return;
    if (this.#sessions.size > 1 || !hosts.offer(own.host)) {
      const before = this.#sessions.all();
      this.#keep(await this.#load(() => hosts.shared(), this.#options.executionTimeoutMs));
      this.#target = 1;
      await Promise.all(before.map((session) => this.#retire(session)));
    }
    if (this.#closed) return;
    this.#isShared = true;
    this.#need = new NeedMeter();
    this.#target = 1;
    const reason = `shares a worker while it has little to execute; ${this.#plan.reason}`;
    this.#placement = { ...this.#placement, workers: 1, reason };
  }

  async #expand(): Promise<void> {
    await this.#move(async () => {
      const { workers } = this.#plan;
      const [session] = this.#sessions.all();
      if (this.#isShared && session !== undefined && this.#options.hosts.claim(session.host)) {
        this.#isShared = false;
      }
      await this.#bringTo(workers);
    });
  }

  /** Gives up a session when the execution that it runs has ended. */
  async #retire(session: HostedSession): Promise<void> {
    if (this.#sessions.remove(session) === 'idle') await this.#unload(session);
  }

  async #unload(session: HostedSession): Promise<void> {
    await session.unload();
    await this.#options.hosts.giveBack(session.host);
  }

  #nextSession(): Promise<HostedSession> {
    if (this.#closed) return Promise.reject(this.#error('ERR_SERVING_CLOSED', 'was unloaded'));
    return this.#sessions.next();
  }

  #free(session: HostedSession): void {
    if (session.host.lost !== undefined || this.#closed) return;
    if (this.#sessions.has(session)) this.#sessions.free(session);
    else void this.#unload(session);
  }

  #load(choose: () => OnnxHost, timeoutMs = this.#options.loadTimeoutMs): Promise<HostedSession> {
    return this.#loader.load(choose, { intraOpThreads: this.#plan.intraOpThreads, timeoutMs });
  }

  #keep(session: HostedSession): void {
    if (this.#closed) {
      void this.#unload(session);
      return;
    }
    this.#sessions.add(session);
    void session.host.gone.then(() => {
      this.#lose(session);
    });
    this.#free(session);
  }

  #lose(session: HostedSession): void {
    if (session.hung) this.#options.hosts.markHung(this.#options.title);
    // A session that was retired isn't missed.
    if (this.#sessions.remove(session) === 'unknown' || this.#closed) return;
    const lost = session.host.lost ?? 'the worker ended';
    const byOthers = this.#isShared && !session.hung;
    this.#lastLoss = byOthers ? `of another version in the same worker, ${lost}` : lost;
    this.#options.onEvent({ type: 'worker-lost', reason: this.#lastLoss });
    if (session.hung) {
      // From now on it computes in processes, which no other version shares.
      this.#isShared = false;
      this.#plan = { ...this.#plan, shareable: false };
    }
    void this.#replace();
  }

  async #replace(): Promise<void> {
    const { hosts, title, executionTimeoutMs, loadTimeoutMs } = this.#options;
    let delay = RESTART_DELAY_MS;
    // A version that hangs while it is loaded is closed first.
    await new Promise(setImmediate);
    while (!this.#closed && this.#sessions.size < this.#target) {
      try {
        // While a model is loaded in a shared worker the others wait: no longer than they do for an execution.
        this.#keep(
          this.#isShared
            ? await this.#load(() => hosts.shared(), executionTimeoutMs)
            : await this.#load(() => hosts.empty(title), loadTimeoutMs),
        );
        return;
      } catch (error) {
        this.#lastLoss = error instanceof Error ? error.message : String(error);
        const paused = delay;
        await new Promise((resolve) => setTimeout(resolve, paused).unref());
        delay = Math.min(delay * 2, MAX_RESTART_DELAY_MS);
      }
    }
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
