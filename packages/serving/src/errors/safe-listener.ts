import { isThenable } from './check-functions.ts';

const INTERVAL_MS = 10_000;

/**
 * Returns a listener that never throws: what `listener` throws or rejects with is passed to `onFailure`.
 *
 * Listeners are called while requests are answered and versions are loaded, which an error of theirs must not reach.
 */
export function safeListener<A extends readonly unknown[]>(
  listener: (...args: A) => unknown,
  onFailure: (error: unknown, ...args: A) => void,
): (...args: A) => void {
  return function safe(...args) {
    try {
      const result = listener(...args);
      if (isThenable(result)) {
        Promise.resolve(result).catch((error: unknown) => {
          onFailure(error, ...args);
        });
      }
    } catch (error) {
      onFailure(error, ...args);
    }
  };
}

/**
 * Returns a function that reports the failures of a listener as warnings of the process, which Node.js prints: the first one
 * at once, then at most one in ten seconds.
 *
 * @param name - the option that the listener was given as
 */
export function warnOfFailure(name: string): (error: unknown) => void {
  let warnedAt = -Infinity;
  return function warn(error) {
    const now = performance.now();
    if (now - warnedAt < INTERVAL_MS) return;
    warnedAt = now;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.emitWarning(`${name} failed: ${reason}`, 'FairleadWarning');
  };
}
