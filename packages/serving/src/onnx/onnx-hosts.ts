import { availableParallelism } from 'node:os';
import { MemoryMeter } from './memory-meter.ts';
import { OnnxHost } from './onnx-host.ts';

/** A version that shares workers, or may. */
export interface Tenant {
  /** Called at intervals: the version may move to shared workers if it had nothing to execute since the last call. */
  readonly checkIdle: () => void;
}

/** Options of {@link OnnxHosts}. */
export interface OnnxHostsOptions {
  /**
   * Cores that the workers may use.
   * @defaultValue those of the machine
   */
  readonly cores: number;
  /** Maximum number of workers that versions share. */
  readonly maxShared: number;
  /** Milliseconds between two checks for idle versions. */
  readonly idleCheckMs: number;
  /**
   * Milliseconds for which an empty worker stays, for the version that is loaded next.
   * @defaultValue 5000
   */
  readonly spareMs: number;
}

/** The workers of all versions of one runtime: those that versions share, and empty ones for what is loaded next. */
export class OnnxHosts {
  readonly meter = new MemoryMeter();
  readonly #options: OnnxHostsOptions;
  readonly #shared = new Set<OnnxHost>();
  readonly #spare = new Map<OnnxHost, NodeJS.Timeout>();
  readonly #tenants = new Set<Tenant>();
  /** Versions that lost a thread to an execution that didn't end. */
  readonly #hung = new Set<string>();
  /** Versions whose execution can end the process that it happens in. */
  readonly #isolated = new Set<string>();
  /** Workers that are ending, which take nothing more. */
  readonly #ending = new WeakSet<OnnxHost>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Partial<OnnxHostsOptions> = {}) {
    const { cores = availableParallelism() } = options;
    this.#options = {
      cores,
      maxShared: Math.max(2, cores - 1),
      idleCheckMs: 30_000,
      spareMs: 5000,
      ...options,
    };
  }

  /** Adds a version. */
  enter(tenant: Tenant): void {
    this.#tenants.add(tenant);
    this.#timer ??= setInterval(() => {
      for (const each of this.#tenants) each.checkIdle();
    }, this.#options.idleCheckMs).unref();
  }

  /** Removes a version; after the last one no worker is left. */
  async leave(tenant: Tenant): Promise<void> {
    this.#tenants.delete(tenant);
    if (this.#tenants.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all([...this.#spare.keys()].map((host) => this.#end(host)));
  }

  /** Records that a version hung: its next workers are processes, which can be killed. */
  markHung(version: string): void {
    this.#hung.add(version);
  }

  /** Isolates a version: it is executed in separate processes from the start. */
  isolate(version: string): void {
    this.#isolated.add(version);
  }

  /** Returns whether a version hung before. */
  hasHung(version: string): boolean {
    return this.#hung.has(version);
  }

  /** An empty worker for `version` alone. */
  empty(version: string, isBackground = false): OnnxHost {
    if (this.hasHung(version) || this.#isolated.has(version))
      return new OnnxHost('process', isBackground);
    if (isBackground) return new OnnxHost('thread', isBackground);
    for (const [host, timer] of this.#spare) {
      clearTimeout(timer);
      this.#spare.delete(host);
      if (host.lost === undefined) return host;
    }
    return new OnnxHost('thread');
  }

  /** The shared worker with the fewest sessions. */
  shared(): OnnxHost {
    this.#removeLost();
    const { maxShared } = this.#options;
    const hosts = [...this.#shared].sort((a, b) => a.sessions - b.sessions);
    const [fewest] = hosts;
    if (fewest !== undefined && hosts.length >= maxShared) return fewest;
    const host = new OnnxHost('thread');
    this.#shared.add(host);
    return host;
  }

  /** Lets other versions share a worker, if there aren't enough yet; false otherwise. */
  offer(host: OnnxHost): boolean {
    if (host.kind !== 'thread' || host.lost !== undefined) return false;
    this.#removeLost();
    if (this.#shared.has(host)) return true;
    if (this.#shared.size >= this.#options.maxShared) return false;
    this.#shared.add(host);
    return true;
  }

  /** Takes a shared worker for the only version that uses it; false when others do. */
  claim(host: OnnxHost): boolean {
    return host.sessions === 1 && this.#shared.delete(host);
  }

  /** Takes back a worker that its version doesn't use any more. */
  async giveBack(host: OnnxHost): Promise<void> {
    if (host.lost !== undefined || host.sessions > 0) return;
    // Versions that unload from a shared worker at the same time all return it.
    if (this.#spare.has(host) || this.#ending.has(host)) return;
    this.#shared.delete(host);
    const enough = this.#tenants.size === 0 || this.#spare.size >= this.#options.cores;
    // A priority that was lowered stays so.
    if (enough || host.kind === 'process' || host.isBackground) {
      await this.#end(host);
      return;
    }
    const timer = setTimeout(() => {
      // A version may have taken the worker since.
      if (this.#spare.get(host) === timer) void this.#end(host);
    }, this.#options.spareMs);
    this.#spare.set(host, timer.unref());
  }

  #removeLost(): void {
    for (const host of this.#shared) if (host.lost !== undefined) this.#shared.delete(host);
  }

  async #end(host: OnnxHost): Promise<void> {
    clearTimeout(this.#spare.get(host));
    this.#spare.delete(host);
    this.#ending.add(host);
    await host.close();
  }
}
