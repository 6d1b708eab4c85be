interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until it is advanced, in place of the process's own: deadlines pass in an interleaving
 * where its seed says so, and at the same place when it is repeated.
 *
 * Replaces `performance.now`, `performance.eventLoopUtilization`, `Date.now`, `setTimeout` and `clearTimeout`. `setImmediate` and
 * promises stay the real ones.
 */
export class VirtualTime {
  readonly #real = {
    now: performance.now.bind(performance),
    dateNow: Date.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
  };
  readonly #timers = new Map<object, Timer>();
  #now = 1_000_000;
  #noticed = 1_000_000;
  #busy = 0;
  #order = 0;

  get now(): number {
    return this.#now;
  }

  /** Until when everything that was due has been fired. */
  get noticed(): number {
    return this.#noticed;
  }

  /** From here on until `uninstall` nothing else in this process knows the time. */
  install(): void {
    performance.now = () => this.#now;
    performance.eventLoopUtilization = (since) => {
      const active = this.#busy - (since?.active ?? 0);
      return { active, idle: 0, utilization: 0 };
    };
    Date.now = () => Math.floor(this.#now);
    const start = (run: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) => {
      const handle = { unref: () => handle, ref: () => handle, hasRef: () => false };
      const at = this.#now + Math.max(1, delayMs);
      this.#order += 1;
      this.#timers.set(handle, {
        at,
        order: this.#order,
        run: () => {
          run(...values);
        },
      });
      return handle;
    };
    globalThis.setTimeout = start as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((handle: object) => {
      this.#timers.delete(handle);
    }) as typeof clearTimeout;
  }

  uninstall(): void {
    Reflect.deleteProperty(performance, 'now');
    Reflect.deleteProperty(performance, 'eventLoopUtilization');
    Date.now = this.#real.dateNow;
    globalThis.setTimeout = this.#real.setTimeout;
    globalThis.clearTimeout = this.#real.clearTimeout;
  }

  /** Lets time pass, and fires what falls due, each at its own time. */
  advance(durationMs: number): void {
    const end = this.#now + durationMs;
    for (;;) {
      let next: [object, Timer] | undefined;
      for (const entry of this.#timers) {
        const [, timer] = entry;
        if (timer.at > end) continue;
        const sooner =
          next === undefined ||
          timer.at < next[1].at ||
          (timer.at === next[1].at && timer.order < next[1].order);
        if (sooner) next = entry;
      }
      if (next === undefined) break;
      const [handle, timer] = next;
      this.#timers.delete(handle);
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
    }
    this.#now = end;
    this.#noticed = end;
  }

  /** Lets time pass in which nothing is fired, as while something keeps the event loop busy. */
  pass(durationMs: number): void {
    this.#now += durationMs;
    this.#busy += durationMs;
  }

  /** Forgets every timer, between two interleavings. */
  clear(): void {
    this.#timers.clear();
  }

  /** Milliseconds of the real clock. */
  realNow(): number {
    return this.#real.now();
  }
}
