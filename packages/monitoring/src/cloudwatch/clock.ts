/** The time and the timers of a {@link CloudWatchPublisher}, replaceable so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /**
   * Calls `callback` once after `delayMs` and returns a function that calls it off. The process stays alive for it
   * only if `holdsProcess`.
   */
  schedule(callback: () => void, delayMs: number, holdsProcess: boolean): () => void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, delayMs, holdsProcess) {
    const timer = setTimeout(callback, delayMs);
    if (!holdsProcess) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
