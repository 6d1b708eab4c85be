const WINDOW_MS = 1000;
/** A tenth of a worker's time. */
const BUSY_MS = 100;

/** Measures whether a version has enough to execute to need separate workers. */
export class NeedMeter {
  #since: number;
  #busyMs = 0;

  /** Executions of the first `pauseMs` milliseconds don't count. */
  constructor(pauseMs = 0) {
    this.#since = performance.now() + pauseMs;
  }

  /** Adds an execution; true when executions took a tenth of the last second or more. */
  add(durationMs: number): boolean {
    const now = performance.now();
    if (now < this.#since) return false;
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#busyMs = 0;
    }
    this.#busyMs += durationMs;
    return this.#busyMs >= BUSY_MS;
  }
}
