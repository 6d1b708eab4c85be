import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/**
 * Detects a runtime that is idle while the event loop is busy, for longer than one more execution would take.
 *
 * Clients that wait for their responses fall into step: all their requests are executed in one batch, the event loop is idle
 * until it is computed, and the runtime is idle until all responses are sent and the next requests are read. Executing only half
 * of the queue lets both work concurrently. Its cost is the part of an execution that doesn't depend on its rows, at most the
 * fastest execution; its gain is the time in which the runtime waited for the event loop.
 */
export class IdleMonitor {
  #fastestMs = Infinity;
  #idleSince: EventLoopUtilization | undefined;

  /** Called with the duration of each execution, in milliseconds. */
  recordExecution(durationMs: number): void {
    if (durationMs < this.#fastestMs) this.#fastestMs = durationMs;
  }

  /** Called when no execution is left. */
  idleStarted(): void {
    this.#idleSince = performance.eventLoopUtilization();
  }

  /** True if the event loop was busy for longer than the fastest execution since the runtime is idle. */
  get isStarving(): boolean {
    if (this.#idleSince === undefined) return false;
    return performance.eventLoopUtilization(this.#idleSince).active > this.#fastestMs;
  }
}
