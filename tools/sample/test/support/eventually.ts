import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until something comes, a minute at most; what it throws counts as nothing yet. */
export async function eventually<T>(
  what: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    let problem: unknown = 'nothing came';
    try {
      const value = await what();
      if (value !== undefined) return value;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within 60 s: ${String(what)}`, { cause: problem });
    }
    await sleep(20);
  }
}
