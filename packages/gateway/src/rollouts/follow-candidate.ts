import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { FollowedVersion } from '@fairlead/serving';

/** Options of {@link followCandidate}. */
export interface FollowCandidateOptions {
  /** Reads the rollout of the model, so that its candidate is loaded from the start. */
  readonly prepare: () => Promise<void>;
  /** Returns the version that is to be loaded beside the current one; undefined for none. */
  readonly candidate: () => FollowedVersion | undefined;
  /** Returns the version that the alias serves; undefined while there is none. */
  readonly current: () => string | undefined;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

/**
 * Yields the version that a model has loaded for a rollout: the candidate while there is one, else the version that its alias serves, so that no further one
 * stays loaded.
 */
export async function* followCandidate({
  prepare,
  candidate,
  current,
  intervalMs,
  signal,
}: FollowCandidateOptions): AsyncGenerator<FollowedVersion> {
  let before: FollowedVersion | undefined;
  await prepare();
  while (!signal.aborted) {
    const wanted = candidate() ?? (before === undefined ? undefined : champion(current()));
    if (wanted !== undefined && !isDeepStrictEqual(wanted, before)) {
      before = wanted;
      yield wanted;
    }
    await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function champion(version: string | undefined): FollowedVersion | undefined {
  return version === undefined ? undefined : { version: Number(version), isBackground: false };
}
