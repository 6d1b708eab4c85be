import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until something comes, or too long; what it throws counts as nothing yet. */
export async function eventually<T>(
  what: () => Promise<T | undefined> | T | undefined,
  patienceMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    let problem: unknown = 'nothing came';
    try {
      const value = await what();
      if (value !== undefined) return value;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${patienceMs} ms: ${String(what)}`, { cause: problem });
    }
    await sleep(20);
  }
}
