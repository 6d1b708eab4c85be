import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessMetrics } from '@fairlead/monitoring';
import { MemoryCounts } from '@fairlead/security';
import { mergeErrorGroups } from '../notices/merge-error-groups.ts';
import { Doors, type DoorAddress } from './doors.ts';
import { GatewayProcess, type ProcessProgram } from './gateway-process.ts';
import type { HostServices } from './host-services.ts';
import { NESTED_TIMEOUT_MS, type ParentCalls } from './messages.ts';

/** How often the metrics of every process are read, so that few counts are lost with one that is killed. */
const COLLECT_MS = 5000;
/** A process that ends within this time of its start is started again later. */
const STABLE_MS = 10_000;
const MAX_PAUSE_MS = 5000;

/** Something that happened to a process. */
export interface ProcessEvent {
  readonly type: 'process-started' | 'process-ready' | 'process-ended';
  /** Number of the process. */
  readonly process: number;
  readonly pid: number;
  /** Why a process ended that wasn't stopped. */
  readonly error?: Error;
}

/** Options of {@link GatewayProcesses}. */
export interface GatewayProcessesOptions {
  readonly count: number;
  readonly program: ProcessProgram;
  readonly addresses: readonly DoorAddress[];
  /** Time for a process to end after SIGTERM, in milliseconds; then it is killed. */
  readonly stopMs: number;
  readonly host: Promise<HostServices>;
  readonly onEvent: (event: ProcessEvent) => void;
}

/** The processes of a gateway: started together, each one again when it ends, and stopped together. */
export class GatewayProcesses {
  readonly #options: GatewayProcessesOptions;
  readonly #doors: Doors;
  readonly #processes = new Map<number, GatewayProcess>();
  readonly #metrics = new ProcessMetrics();
  readonly #limits = new MemoryCounts();
  readonly #timer: NodeJS.Timeout;
  readonly #ready = Promise.withResolvers<undefined>();
  /** Processes that are stopped to be started again. */
  readonly #restarting = new Set<GatewayProcess>();
  #restart: Promise<void> | undefined;
  #closing = false;
  #wasReady = false;

  constructor(options: GatewayProcessesOptions) {
    this.#options = options;
    this.#doors = new Doors(options.addresses);
    // The caller may only wait for the end.
    this.ready.catch(() => undefined);
    options.host.then(
      (host) => {
        host.measure(this.#metrics);
      },
      (error: unknown) => {
        this.#ready.reject(error);
      },
    );
    for (let number = 1; number <= options.count; number += 1) void this.#run(number);
    this.#timer = setInterval(() => void this.#collect(), COLLECT_MS).unref();
  }

  /** TCP port of all processes; undefined until one takes connections, and on a socket that has none. */
  get port(): number | undefined {
    return this.#doors.port;
  }

  /** Resolves when every process answers requests; rejects when one ends before, or an address can't be listened on. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Stops one process after the other, and starts it again: the others answer until then. A restart that runs is waited for. */
  restart(): Promise<void> {
    // Two at the same time could stop all processes.
    this.#restart ??= this.#restartAll().finally(() => {
      this.#restart = undefined;
    });
    return this.#restart;
  }

  async #restartAll(): Promise<void> {
    for (const process of [...this.#processes.values()]) {
      if (this.#closing) return;
      this.#restarting.add(process);
      await process.stop(this.#options.stopMs);
      while (this.#processes.get(process.number)?.isReady !== true && !this.#isClosing()) {
        await sleep(20);
      }
    }
  }

  /** Stops all processes; resolves to true when each has answered all its requests. */
  async close(): Promise<boolean> {
    this.#closing = true;
    clearInterval(this.#timer);
    const { stopMs } = this.#options;
    const stopped = [...this.#processes.values()].map((process) => process.stop(stopMs));
    const clean = (await Promise.all(stopped)).every(Boolean);
    this.#doors.close();
    await this.#withHost((host) => host.close());
    return clean;
  }

  /** Runs the process of a number, one after the other, until all are stopped. */
  async #run(number: number): Promise<void> {
    const { program, onEvent } = this.#options;
    let failures = 0;
    while (!this.#isClosing()) {
      const process = new GatewayProcess(number, program, (self) => this.#answersFor(self));
      this.#processes.set(number, process);
      onEvent({ type: 'process-started', process: number, pid: process.pid });
      const how = await process.ended;
      this.#doors.remove(process);
      this.#metrics.end(number);
      if (this.#isClosing()) continue;
      if (this.#restarting.delete(process)) {
        this.#endAtHost(number);
        continue;
      }
      const reason = typeof how === 'number' ? `exit code ${how}` : how;
      const error = new Error(`Process ${number} of the gateway has ended (${reason}).`);
      onEvent({ type: 'process-ended', process: number, pid: process.pid, error });
      if (!this.#wasReady) {
        // The others fail for the same reason, as their settings are the same.
        this.#ready.reject(error);
        return;
      }
      this.#endAtHost(number, error);
      failures = performance.now() - process.startedAt >= STABLE_MS ? 0 : failures + 1;
      if (failures > 0) await sleep(Math.min(MAX_PAUSE_MS, 100 * 2 ** failures));
    }
  }

  #answersFor(process: GatewayProcess): ParentCalls {
    const { number } = process;
    return {
      open: async () => {
        process.isOpen = true;
        await this.#doors.add(process).catch((error: unknown) => {
          this.#ready.reject(error);
          throw error;
        });
      },
      close: () => {
        process.isOpen = false;
        this.#doors.remove(process);
        if (this.#isClosing() && this.#doors.isUnattended) this.#doors.close();
      },
      ready: () => {
        process.isReady = true;
        process.watch({
          onSilence: () => {
            this.#doors.remove(process);
          },
          onAnswer: () => {
            if (process.isOpen) void this.#doors.add(process);
          },
        });
        this.#options.onEvent({ type: 'process-ready', process: number, pid: process.pid });
        const all = [...this.#processes.values()];
        if (all.length < this.#options.count || !all.every(({ isReady }) => isReady)) return;
        this.#wasReady = true;
        this.#ready.resolve(undefined);
      },
      last: (own) => {
        this.#metrics.update(number, own);
      },
      metrics: async (names) => {
        const all = await this.#metrics.snapshot();
        return all.filter(({ name }) => names.includes(name));
      },
      errors: async () => {
        const running = [...this.#processes.values()].filter(({ isReady }) => isReady);
        const groups = running.map(({ calls }) =>
          calls.call('errors', undefined, NESTED_TIMEOUT_MS).catch(() => []),
        );
        return mergeErrorGroups(await Promise.all(groups));
      },
      page: async (own) => {
        this.#metrics.update(number, own);
        await this.#collect(process);
        return this.#metrics.page();
      },
      publish: (batch) =>
        this.#withHost((host) => {
          host.publish(number, batch);
        }),
      notify: (changes) =>
        this.#withHost((host) => {
          host.notify(number, changes);
        }),
      take: (request) => this.#limits.take(request),
    };
  }

  /** Reads the metrics of the processes; those of one that doesn't answer stay as they were. */
  async #collect(except?: GatewayProcess): Promise<void> {
    const others = [...this.#processes.values()].filter(
      (process) => process.isReady && process !== except,
    );
    await Promise.all(
      others.map(async (process) => {
        const { number, calls } = process;
        const own = await calls
          .call('metrics', undefined, NESTED_TIMEOUT_MS)
          .catch(() => undefined);
        // The process may have ended since, or another one may have taken its number.
        if (own !== undefined && process.isReady) this.#metrics.update(number, own);
      }),
    );
  }

  #endAtHost(number: number, error?: Error): void {
    void this.#withHost((host) => {
      host.end(number, error);
    });
  }

  /** Uses the services of the host; nothing without them, as then no process becomes ready. */
  async #withHost(use: (host: HostServices) => void | Promise<void>): Promise<void> {
    const host = await this.#options.host.catch(() => undefined);
    if (host !== undefined) await use(host);
  }

  /** `#closing`, which changes while something is awaited. */
  #isClosing(): boolean {
    return this.#closing;
  }
}
