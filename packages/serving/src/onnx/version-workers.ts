import type { RuntimeEvent } from '../runtime/runtime.ts';
import type { HostedSession } from './hosted-session.ts';
import type { OnnxHost } from './onnx-host.ts';
import { SessionLoader, type SessionLoaderOptions } from './session-loader.ts';
import { SessionSlots } from './session-slots.ts';

/** Options of {@link VersionWorkers}. */
export interface VersionWorkersOptions extends SessionLoaderOptions {
  readonly executionTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly onEvent: (event: RuntimeEvent) => void;
}

const RESTART_DELAY_MS = 200;
const MAX_RESTART_DELAY_MS = 10_000;

/**
 * The workers of one version, each with one session: a lost worker is replaced.
 *
 * Only one change of their number runs at a time.
 */
export class VersionWorkers {
  readonly loader: SessionLoader;
  /** One session in each worker; as many executions run at a time. */
  readonly slots = new SessionSlots();
  /** Number of workers that the version is to have. */
  target = 0;
  /** Threads that an execution computes with in new workers. */
  intraOpThreads = 1;
  /** True if its only worker serves other versions too. */
  isShared = false;
  /** Reason why the last worker was lost, or could not be replaced. */
  lastLoss = 'no worker was started';
  closed = false;
  readonly #options: VersionWorkersOptions;
  #change: Promise<unknown> | undefined;
  #replacing = false;

  constructor(options: VersionWorkersOptions) {
    this.#options = options;
    this.loader = new SessionLoader(options);
  }

  /** True if workers are being added, moved or replaced. */
  get changing(): boolean {
    return this.#change !== undefined;
  }

  /** Runs `how` after the change that is running; other changes wait for it. */
  async change(how: () => Promise<void>): Promise<void> {
    while (this.#change !== undefined) await this.#change;
    const change = Promise.withResolvers<undefined>();
    this.#change = change.promise;
    try {
      await how();
    } finally {
      this.#change = undefined;
      change.resolve(undefined);
      // A worker that was lost during the change is replaced after it.
      if (this.#isMissing() && !this.#replacing) void this.#replace();
    }
  }

  /** Loads the version into a worker that no other version uses. */
  async addOwn(): Promise<HostedSession> {
    const { hosts, title, loadTimeoutMs, isBackground } = this.#options;
    return this.#add(() => hosts.empty(title, isBackground), loadTimeoutMs);
  }

  /** Loads the version into a shared worker. */
  async addShared(): Promise<HostedSession> {
    const { hosts, executionTimeoutMs } = this.#options;
    // While a model is loaded there the other versions wait: no longer than they do for an execution.
    return this.#add(() => hosts.shared(), executionTimeoutMs);
  }

  /** Makes a session available to the next execution, unless it was retired or its worker was lost. */
  free(session: HostedSession): void {
    if (session.host.lost !== undefined || this.closed) return;
    if (this.slots.has(session)) this.slots.free(session);
    else void this.unload(session);
  }

  /** Unloads a session when its execution has ended. */
  async retire(session: HostedSession): Promise<void> {
    if (this.slots.remove(session) === 'idle') await this.unload(session);
  }

  /** Releases a session's memory, and returns its worker. */
  async unload(session: HostedSession): Promise<void> {
    await session.unload();
    await this.#options.hosts.giveBack(session.host);
  }

  /** Unloads all sessions; executions that run fail. */
  async close(): Promise<void> {
    this.closed = true;
    const closing = this.slots.all().map(async (session) => {
      if (this.slots.remove(session) === 'idle') await this.unload(session);
      else if (session.host.sessions > 1) session.abandon('the version was unloaded');
      else session.host.abandon('the version was unloaded');
    });
    await Promise.all(closing);
  }

  async #add(choose: () => OnnxHost, timeoutMs: number): Promise<HostedSession> {
    const { intraOpThreads } = this;
    const session = await this.loader.load(choose, { intraOpThreads, timeoutMs });
    if (this.closed) {
      void this.unload(session);
      return session;
    }
    this.slots.add(session);
    session.host.watch(session, () => {
      this.#lose(session);
    });
    this.free(session);
    return session;
  }

  #lose(session: HostedSession): void {
    // A session that was retired isn't missed.
    if (this.slots.remove(session) === 'unknown' || this.closed) return;
    const lost = session.host.lost ?? 'the worker ended';
    const byOthers = this.isShared && !session.hung;
    this.lastLoss = byOthers ? `of another version in the same worker, ${lost}` : lost;
    this.#options.onEvent({ type: 'worker-lost', reason: this.lastLoss });
    if (session.hung) {
      // From now on it computes in processes, which no other version shares: each thread that hangs costs a core.
      this.isShared = false;
      for (const other of this.slots.all()) {
        if (other.host.kind === 'thread') void this.retire(other);
      }
    }
    if (!this.#replacing) void this.#replace();
  }

  async #replace(): Promise<void> {
    this.#replacing = true;
    let delay = RESTART_DELAY_MS;
    // A version that hangs while it is loaded is closed first.
    await new Promise(setImmediate);
    while (this.#isMissing()) {
      try {
        await this.change(() => this.#addMissing());
      } catch (error) {
        this.lastLoss = error instanceof Error ? error.message : String(error);
        const paused = delay;
        await new Promise((resolve) => setTimeout(resolve, paused).unref());
        delay = Math.min(delay * 2, MAX_RESTART_DELAY_MS);
      }
    }
    this.#replacing = false;
  }

  #isMissing(): boolean {
    return !this.closed && this.slots.size < this.target;
  }

  async #addMissing(): Promise<void> {
    if (!this.#isMissing()) return;
    const { hosts, title } = this.#options;
    const missing = Array.from({ length: this.target - this.slots.size }, () =>
      this.isShared && !hosts.hasHung(title) ? this.addShared() : this.addOwn(),
    );
    const outcomes = await Promise.allSettled(missing);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
