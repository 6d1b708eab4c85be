import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessMetrics } from '@fairlead/monitoring';
import { Calls } from './calls.ts';
import { ANSWER_TIMEOUT_MS, type ParentCalls, type ProcessCalls } from './messages.ts';
import { SharedLimits } from './shared-limits.ts';

/** How often the metrics of every process are read, so that few counts are lost with one that is killed. */
const COLLECT_MS = 5000;
/** A process that ends within this time of its start is started again later. */
const STABLE_MS = 10_000;
const MAX_PAUSE_MS = 5000;

/** Something that happened to a process. */
export type ProcessEvent =
  | { readonly type: 'process-started'; readonly process: number; readonly pid: number }
  | { readonly type: 'process-ready'; readonly process: number; readonly pid: number }
  | {
      readonly type: 'process-ended';
      readonly process: number;
      readonly pid: number;
      readonly error: Error;
    };

/** Options of {@link GatewayProcesses}. */
export interface GatewayProcessesOptions {
  readonly count: number;
  /** Time for a process to end after SIGTERM, in milliseconds; then it is killed. */
  readonly stopMs: number;
  /** True if another process created the sockets: Node closes them with the last process that uses them. */
  readonly usesInheritedSockets: boolean;
  readonly onEvent: (event: ProcessEvent) => void;
}

interface Slot {
  readonly number: number;
  worker: Worker;
  calls: Calls<ParentCalls, ProcessCalls>;
  startedAt: number;
  isReady: boolean;
  failures: number;
}

/** The processes of a gateway: started together, each one again when it ends, and stopped together. */
export class GatewayProcesses {
  readonly #options: GatewayProcessesOptions;
  readonly #slots: Slot[];
  readonly #metrics = new ProcessMetrics();
  readonly #limits = new SharedLimits();
  readonly #timer: NodeJS.Timeout;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #failed = Promise.withResolvers<undefined>();
  readonly #restarting = new Set<Worker>();
  #closing = false;
  #wasReady = false;

  constructor(options: GatewayProcessesOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, (_, index) => this.#start(index + 1));
    this.#timer = setInterval(() => void this.#collect(), COLLECT_MS).unref();
  }

  /** Resolves when every process answers requests for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when a process can't start before all have, or when nothing can listen on an inherited socket any more. */
  get failed(): Promise<void> {
    return this.#failed.promise;
  }

  /** Stops one process after the other, and starts it again: the others answer meanwhile. */
  async restart(): Promise<void> {
    for (const slot of this.#slots) {
      if (this.#closing) return;
      const { worker } = slot;
      this.#restarting.add(worker);
      await this.#stop(worker);
      await this.#becomesReady(slot);
    }
  }

  /** Stops all processes; resolves to true when each has answered all its requests. */
  async close(): Promise<boolean> {
    this.#closing = true;
    clearInterval(this.#timer);
    const ended = await Promise.all(this.#slots.map(({ worker }) => this.#stop(worker)));
    return ended.every(Boolean);
  }

  #start(number: number): Slot {
    const worker = cluster.fork({ FAIRLEAD_PROCESS: String(number) });
    const slot: Slot = {
      number,
      worker,
      calls: new Calls<ParentCalls, ProcessCalls>(worker, this.#answersFor(number, worker)),
      startedAt: Date.now(),
      isReady: false,
      failures: 0,
    };
    const pid = worker.process.pid ?? 0;
    this.#options.onEvent({ type: 'process-started', process: number, pid });
    worker.once('exit', (code: number | null, signal: string | null) => {
      void this.#ended(number, worker, signal ?? `exit code ${code ?? '?'}`);
    });
    return slot;
  }

  #answersFor(number: number, worker: Worker): ParentCalls {
    return {
      ready: () => {
        const slot = this.#slotOf(worker);
        if (slot === undefined) return;
        slot.isReady = true;
        this.#options.onEvent({
          ...{ type: 'process-ready', process: number },
          pid: worker.process.pid ?? 0,
        });
        if (this.#slots.every(({ isReady }) => isReady)) {
          this.#wasReady = true;
          this.#ready.resolve(undefined);
        }
      },
      last: (own) => {
        this.#metrics.update(number, own);
      },
      metrics: async (names) => {
        const all = await this.#metrics.snapshot();
        return all.filter(({ name }) => names.includes(name));
      },
      page: async (own) => {
        this.#metrics.update(number, own);
        await this.#collect(number);
        return this.#metrics.page();
      },
      take: (request) => this.#limits.take(request),
    };
  }

  /** Reads the metrics of the processes; those of one that doesn't answer stay as they were. */
  async #collect(except?: number): Promise<void> {
    const others = this.#slots.filter(({ number, isReady }) => isReady && number !== except);
    await Promise.all(
      others.map(async ({ number, worker, calls }) => {
        const own = await calls
          .call('metrics', undefined, ANSWER_TIMEOUT_MS)
          .catch(() => undefined);
        // It may have ended meanwhile, or another one may have taken its place.
        if (own !== undefined && this.#slotOf(worker)?.number === number) {
          this.#metrics.update(number, own);
        }
      }),
    );
  }

  #slotOf(worker: Worker): Slot | undefined {
    return this.#slots.find((slot) => slot.worker === worker);
  }

  async #ended(number: number, worker: Worker, how: string): Promise<void> {
    const slot = this.#slotOf(worker);
    if (slot === undefined) return;
    slot.calls.close('The process has ended.');
    slot.isReady = false;
    this.#metrics.end(number);
    if (this.#closing) return;
    const pid = worker.process.pid ?? 0;
    if (!this.#restarting.delete(worker)) {
      const error = new Error(`Process ${number} of the gateway has ended (${how}).`);
      this.#options.onEvent({ type: 'process-ended', process: number, pid, error });
      const isLast = this.#slots.every((each) => each.worker.isDead());
      if (!this.#wasReady || (isLast && this.#options.usesInheritedSockets)) {
        this.#failed.resolve(undefined);
        return;
      }
      const isStable = Date.now() - slot.startedAt >= STABLE_MS;
      slot.failures = isStable ? 0 : slot.failures + 1;
      if (slot.failures > 0) await sleep(Math.min(MAX_PAUSE_MS, 100 * 2 ** slot.failures));
      if (this.#isClosing()) return;
    }
    const { failures } = slot;
    Object.assign(slot, this.#start(number), { failures });
  }

  /** `#closing`, which changes while something is awaited. */
  #isClosing(): boolean {
    return this.#closing;
  }

  /** Resolves to true when the process ended by itself, with all requests answered. */
  async #stop(worker: Worker): Promise<boolean> {
    if (worker.isDead()) return worker.process.exitCode === 0;
    const exit = once(worker, 'exit');
    worker.process.kill('SIGTERM');
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#options.stopMs);
    const [code] = (await exit) as [number | null];
    clearTimeout(timer);
    return code === 0;
  }

  async #becomesReady(slot: Slot): Promise<void> {
    while (!slot.isReady && !this.#isClosing()) await sleep(20);
  }
}
