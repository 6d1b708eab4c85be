import type { Schedule } from '../../src/cloudwatch/index.ts';

interface Timer {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly holdsProcess: boolean;
  readonly callback: () => void;
}

/** Clock and timers that move only when a test moves them. */
export class ManualClock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.now()) {
    this.#nowMs = nowMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly schedule: Schedule = (callback, delayMs, holdsProcess) => {
    const timer = { dueMs: this.#nowMs + delayMs, delayMs, holdsProcess, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  };

  /** Timers that are set, in the order in which they fire. */
  get timers(): readonly Timer[] {
    return [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
  }

  /** Advances the clock by `ms` and fires the timers that become due. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.timers;
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Fires a timer now, before or after it is due. */
  fire(timer: Timer): void {
    this.#timers.delete(timer);
    timer.callback();
  }

  /** Sets the time without firing timers, as an administrator does. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }
}
