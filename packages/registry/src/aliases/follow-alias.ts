import { setTimeout as sleep } from 'node:timers/promises';
import type { AliasEntry } from './alias-entry.ts';
import type { AliasLog } from './alias-log.ts';

/** How an alias is followed. */
export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /**
   * Mean time between two looks at the store, in milliseconds; each one is drawn from ±25 % around it.
   *
   * @defaultValue 5000
   */
  readonly pollIntervalMs?: number;
  /** Told of each look that failed; following goes on. */
  readonly onError?: (error: unknown) => void;
}

/** Draws from ±25 % around `intervalMs`, so that many followers don't look at the store in step. */
export function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2);
}

/**
 * Yields the present entry of an alias, if it has one, and then the newest one each time that it changed.
 *
 * Lists the log once; from then on it reads the one entry that would come next. Changes between two looks are skipped
 * but for the newest: what was taken back already is never handed out.
 */
export async function* followAlias(
  log: AliasLog,
  { signal, pollIntervalMs = 5000, onError }: FollowOptions,
): AsyncGenerator<AliasEntry, void> {
  let number: number | undefined;

  async function look(): Promise<AliasEntry | undefined> {
    let newest: AliasEntry | undefined;
    try {
      // One before the head, so that the head itself is the first to be found.
      number ??= Math.max(0, (await log.head()) - 1);
      for (let entry = await log.read(number + 1); entry; entry = await log.read(number + 1)) {
        newest = entry;
        number = entry.number;
      }
    } catch (error) {
      onError?.(error);
    }
    // Also after a failure: what was found before it won't be found again.
    return newest;
  }

  while (signal?.aborted !== true) {
    const entry = await look();
    if (entry !== undefined) yield entry;
    try {
      await sleep(jittered(pollIntervalMs, Math.random), undefined, { ...(signal && { signal }) });
    } catch {
      return; // aborted
    }
  }
}
