import { setTimeout as sleep } from 'node:timers/promises';

/** As long as a busy machine may need to start a process. */
const TIMEOUT_MS = 300_000;
const INTERVAL_MS = 10;

/**
 * Repeats `read` until it returns a value; `undefined`, `false` and an error count as no value yet.
 *
 * @throws Error after `timeoutMs` milliseconds (default: 300,000) without a value; the last error is its `cause`
 */
export async function until<T>(
  read: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await read();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`no value within ${timeoutMs} ms of: ${String(read)}`, { cause });
    }
    await sleep(INTERVAL_MS);
  }
}

/**
 * Repeats `check` until it throws no error, and resolves to its result.
 *
 * @throws the last error after `timeoutMs` milliseconds (default: 300,000)
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(INTERVAL_MS);
  }
}
