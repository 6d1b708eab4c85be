/** Tasks of a process that are repeated until it ends, and others that it waits for then. */
export class RepeatedTasks {
  readonly #onError: (error: unknown) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Runs a task after a delay, and again after an interval from its end. */
  repeat(delayMs: number, intervalMs: number, task: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const run = this.#guard(task).finally(() => {
        if (!this.#closed) this.repeat(intervalMs, intervalMs, task);
      });
      this.track(run);
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }

  /** Waits at the end for a task that runs. */
  track(task: Promise<void>): void {
    this.#running.add(task);
    void task.finally(() => this.#running.delete(task));
  }

  /** Begins no further task, and waits for those that run. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }

  async #guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#onError(error);
    }
  }
}
