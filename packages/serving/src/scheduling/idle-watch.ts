import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/**
 * Tells whether a runtime stands idle while the event loop is at work, for longer than one more execution would take.
 *
 * With clients that wait for their answers everybody soon keeps step: all requests leave in one batch, nothing is left for
 * the event loop to do until it is computed, and then nothing for the runtime until all is answered and asked anew. Whoever
 * then leaves half of what waits behind has both of them work at a time. What that costs is the part of an execution
 * that doesn't depend on its rows, at most the quickest execution; what it gains is the time in which the event loop kept
 * the runtime waiting.
 */
export class IdleWatch {
  #quickestMs = Infinity;
  #since: EventLoopUtilization | undefined;

  /** An execution took so long, in milliseconds. */
  executed(durationMs: number): void {
    if (durationMs < this.#quickestMs) this.#quickestMs = durationMs;
  }

  /** Nothing is executed any more. */
  begins(): void {
    this.#since = performance.eventLoopUtilization();
  }

  /** Whether the event loop was busy for longer than the quickest execution, since nothing is executed any more. */
  get wastes(): boolean {
    if (this.#since === undefined) return false;
    return performance.eventLoopUtilization(this.#since).active > this.#quickestMs;
  }
}
