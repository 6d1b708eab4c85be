/** Longest delay of `setTimeout`, in milliseconds. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One timer for the deadlines of many requests, in milliseconds of `performance.now()`. */
export class DeadlineTimer {
  readonly #expire: (now: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  /** @param expire - called when a deadline has passed; returns the next one, `Infinity` for none */
  constructor(expire: (now: number) => number) {
    this.#expire = expire;
  }

  /** Ensures that the timer fires when this deadline passes. */
  watch(deadlineAt: number): void {
    if (deadlineAt >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = deadlineAt;
    const delay = Math.min(Math.max(0, deadlineAt - performance.now()), MAX_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      const next = this.#expire(performance.now());
      if (next !== Infinity) this.watch(next);
    }, Math.ceil(delay));
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
