import type { Clock } from '../../src/cloudwatch/index.ts';

interface Timer {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly holdsProcess: boolean;
  readonly callback: () => void;
}

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.now()) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(callback: () => void, delayMs: number, holdsProcess: boolean): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, delayMs, holdsProcess, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** The timers that are set, in the order in which they will go off. */
  get timers(): readonly Timer[] {
    return [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
  }

  /** Moves on by `ms`, setting off what comes due on the way. */
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

  /** Moves the time without setting off anything, as an administrator does. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }
}
