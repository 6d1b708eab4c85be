/**
 * Calls `callback` once after `delayMs` and returns a function that cancels it. The timer keeps the process alive
 * only if `holdsProcess`.
 */
export type Schedule = (callback: () => void, delayMs: number, holdsProcess: boolean) => () => void;

/** Schedules with the timers of Node. */
export const scheduleTimer: Schedule = (callback, delayMs, holdsProcess) => {
  const timer = setTimeout(callback, delayMs);
  if (!holdsProcess) timer.unref();
  return () => {
    clearTimeout(timer);
  };
};
