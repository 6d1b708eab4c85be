import { setTimeout as sleep } from 'node:timers/promises';

/** As long as a busy machine may need to start a gateway. */
const TIMEOUT_MS = 90_000;

/** Calls `what` until it returns something, 90 seconds at most; an error that it throws counts as nothing. */
export async function eventually<T>(
  what: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    let problem: unknown = 'nothing came';
    try {
      const value = await what();
      if (value !== undefined) return value;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${TIMEOUT_MS} ms: ${String(what)}`, { cause: problem });
    }
    await sleep(10);
  }
}
