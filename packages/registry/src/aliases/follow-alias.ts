import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOptions } from '../checks/check-options.ts';
import { invalidOption } from '../checks/invalid-option.ts';
import type { AliasEntry } from './alias-entry.ts';
import type { AliasLog } from './alias-log.ts';

/** Settings of `follow`. */
export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /**
   * Mean time between two polls, in milliseconds, at most 2147483647; each one is drawn from ±25 % around it.
   *
   * @defaultValue 5000
   */
  readonly pollIntervalMs?: number;
  /** Called for each failed poll; following continues. */
  readonly onError?: (error: unknown) => void;
  /** Called for each successful poll: the last yielded entry is the current one at that moment. */
  readonly onPoll?: () => void;
}

/** Longest delay of Node's timers, which run a longer one at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Draws from ±25 % around `intervalMs`, so that many followers don't poll the store in step. */
export function jittered(intervalMs: number, random: () => number): number {
  return Math.min(MAX_TIMER_MS, intervalMs * (0.75 + random() / 2));
}

/**
 * Checks an interval between polls.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`
 */
export function checkPollInterval(pollIntervalMs: number): void {
  if (pollIntervalMs > 0 && pollIntervalMs <= MAX_TIMER_MS) return;
  throw invalidOption(
    `pollIntervalMs is ${pollIntervalMs}: it has to be a positive number of milliseconds, at most ${MAX_TIMER_MS}`,
  );
}

/**
 * Yields the current entry of an alias, if it has one, and then the newest one after each change.
 *
 * Lists the log once; from then on it reads only the next entry. Of several changes between two polls only the newest is
 * yielded, so a value that was rolled back in between is not.
 */
export function followAlias(log: AliasLog, options: FollowOptions): AsyncIterable<AliasEntry> {
  const { pollIntervalMs = 1 } = checkOptions('follow', options, {
    signal: 'optional',
    pollIntervalMs: 'optional',
    onError: 'optional',
    onPoll: 'optional',
  });
  checkPollInterval(pollIntervalMs);
  return pollAlias(log, options);
}

async function* pollAlias(
  log: AliasLog,
  { signal, pollIntervalMs = 5000, onError, onPoll }: FollowOptions,
): AsyncGenerator<AliasEntry, void> {
  let number: number | undefined;

  async function look(): Promise<{
    readonly newest: AliasEntry | undefined;
    readonly ok: boolean;
  }> {
    let newest: AliasEntry | undefined;
    try {
      // One before the head, so that the head itself is the first to be found.
      number ??= Math.max(0, (await log.head()) - 1);
      for (let entry = await log.read(number + 1); entry; entry = await log.read(number + 1)) {
        newest = entry;
        number = entry.number;
      }
      return { newest, ok: true };
    } catch (error) {
      if (signal?.aborted !== true) onError?.(error);
      // Entries that were read before the failure aren't read again.
      return { newest, ok: false };
    }
  }

  while (signal?.aborted !== true) {
    // A store that is unreachable may not answer for seconds.
    const polled = await unlessAborted(look(), signal);
    if (polled === undefined) return;
    const { newest, ok } = polled;
    if (newest !== undefined) yield newest;
    if (ok) onPoll?.();
    try {
      await sleep(jittered(pollIntervalMs, Math.random), undefined, { ...(signal && { signal }) });
    } catch {
      return; // aborted
    }
  }
}

/** Resolves to the value of `promise`; to undefined when `signal` aborts before. */
async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return promise;
  const settled = new AbortController();
  const aborted = once(signal, 'abort', { signal: settled.signal });
  try {
    return await Promise.race([promise, aborted.then(() => undefined)]);
  } finally {
    settled.abort();
  }
}
