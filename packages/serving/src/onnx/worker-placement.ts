import type { RuntimeEvent, RuntimePlacement } from '../runtime/runtime.ts';
import { NeedMeter } from './need-meter.ts';
import type { OnnxHosts } from './onnx-hosts.ts';
import type { VersionWorkers } from './version-workers.ts';

/** Planned placement of a version. */
export interface OnnxPlan extends Omit<RuntimePlacement, 'inProcess'> {
  /** True if it may share a worker with other versions while it has little to execute. */
  readonly shareable?: boolean;
}

/** Options of {@link WorkerPlacement}. */
export interface WorkerPlacementOptions {
  readonly title: string;
  readonly hosts: OnnxHosts;
  readonly onEvent: (event: RuntimeEvent) => void;
}

const UNPLACED = { workers: 0, intraOpThreads: 0, inProcess: false, reason: 'not loaded yet' };
const EXPAND_DELAY_MS = 1000;
const MAX_EXPAND_DELAY_MS = 60_000;

/** Decides when a version shares a worker, and when it gets the workers of its plan. */
export class WorkerPlacement {
  readonly #options: WorkerPlacementOptions;
  readonly #workers: VersionWorkers;
  #current: RuntimePlacement = UNPLACED;
  #plan: OnnxPlan = UNPLACED;
  #inProcess = false;
  #isWarm = false;
  #failures = 0;
  /** Measures how much there is to execute, while there are fewer workers than planned. */
  #need: NeedMeter | undefined;

  constructor(workers: VersionWorkers, options: WorkerPlacementOptions) {
    this.#workers = workers;
    this.#options = options;
  }

  /** Current placement of the version. */
  get current(): RuntimePlacement {
    return this.#current;
  }

  /**
   * Adds the workers of `plan`, only one at first if it is `shareable`.
   *
   * @throws HostError when the model can't be loaded.
   */
  async place(plan: OnnxPlan, inProcess: boolean): Promise<void> {
    this.#plan = plan;
    this.#inProcess = inProcess;
    await this.#workers.change(() => this.#bringTo(plan.shareable === true ? 1 : plan.workers));
  }

  /** Moves to a shared worker, where the plan allows that; more workers are added from now on when they are needed. */
  async warmedUp(): Promise<void> {
    this.#isWarm = true;
    await this.shareIfIdle();
    this.#measureNeed();
  }

  /** Moves to a shared worker, where the plan allows that and the version hasn't hung. */
  async shareIfIdle(): Promise<void> {
    const { hosts, title } = this.#options;
    if (this.#workers.isShared || this.#plan.shareable !== true || hosts.hasHung(title)) return;
    await this.#move(() => this.#share());
  }

  /** Counts an execution; adds the planned workers once executions need them. */
  recordExecution(durationMs: number): void {
    if (this.#need?.add(durationMs) === true) void this.#expand();
  }

  async #bringTo(workers: number): Promise<void> {
    const { slots, isShared, target } = this.#workers;
    const { intraOpThreads, reason } = this.#plan;
    const fits = !isShared && intraOpThreads === this.#current.intraOpThreads;
    const outgrown = fits ? [] : slots.all();
    const missing = workers - slots.size + outgrown.length;
    const retire = (): Promise<unknown> =>
      Promise.all(outgrown.map((session) => this.#workers.retire(session)));
    this.#workers.intraOpThreads = intraOpThreads;
    // While it is loaded nothing waits for it: no more memory is taken at a time than is wanted.
    if (!isShared) await retire();
    const added = await Promise.allSettled(
      Array.from({ length: Math.max(0, missing) }, () => this.#workers.addOwn()),
    );
    const failed = added.find((each) => each.status === 'rejected');
    if (failed !== undefined) {
      for (const each of added) {
        if (each.status === 'fulfilled') void this.#workers.retire(each.value);
      }
      this.#workers.target = target;
      throw failed.reason;
    }
    this.#workers.target = workers;
    this.#workers.isShared = false;
    if (isShared) await retire();
    await Promise.all(
      slots
        .all()
        .slice(workers)
        .map((session) => this.#workers.retire(session)),
    );
    this.#current = { workers, intraOpThreads, inProcess: this.#inProcess, reason };
    this.#measureNeed();
  }

  async #share(): Promise<void> {
    const { hosts, title } = this.#options;
    const before = this.#workers.slots.all();
    const [own] = before;
    // A version that computes in processes shares none of them.
    if (own?.host.kind !== 'thread') return;
    if (before.length > 1 || !hosts.offer(own.host)) {
      const shared = await this.#workers.addShared();
      if (hosts.hasHung(title)) {
        // An execution hung in its own worker while the model was loaded.
        await this.#workers.retire(shared);
        return;
      }
      this.#workers.target = 1;
      await Promise.all(before.map((session) => this.#workers.retire(session)));
    }
    if (this.#workers.closed) return;
    this.#workers.isShared = true;
    this.#workers.target = 1;
    const reason = `shares a worker while it has little to execute; ${this.#plan.reason}`;
    this.#current = { ...this.#current, workers: 1, reason };
    this.#measureNeed();
  }

  async #expand(): Promise<void> {
    const moved = await this.#move(async () => {
      const [session] = this.#workers.slots.all();
      if (
        this.#workers.isShared &&
        session !== undefined &&
        this.#options.hosts.claim(session.host)
      ) {
        this.#workers.isShared = false;
        this.#current = { ...this.#current, reason: this.#plan.reason };
      }
      await this.#bringTo(this.#plan.workers);
    });
    if (moved === 'done') this.#failures = 0;
    if (moved !== 'failed') return;
    const pauseMs = Math.min(EXPAND_DELAY_MS * 2 ** this.#failures, MAX_EXPAND_DELAY_MS);
    this.#failures += 1;
    this.#measureNeed(pauseMs);
  }

  #measureNeed(pauseMs = 0): void {
    const fewer = this.#workers.isShared || this.#current.workers < this.#plan.workers;
    this.#need = this.#isWarm && fewer ? new NeedMeter(pauseMs) : undefined;
  }

  /** The version stays where it computes when it can't be moved. */
  async #move(how: () => Promise<void>): Promise<'done' | 'failed' | 'busy'> {
    if (this.#workers.changing || this.#workers.closed) return 'busy';
    try {
      await this.#workers.change(how);
      return 'done';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onEvent({ type: 'move-failed', reason });
      return 'failed';
    }
  }
}
