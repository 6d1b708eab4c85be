import type { RolloutRecord } from './rollout-entry.ts';
import type { RolloutState } from './rollout-state.ts';

const REJECTED = 'the promotion was rejected: ';
/** A promotion that was rejected is tried again after so long: each attempt is recorded. */
const RETRY_MS = 3_600_000;

/**
 * The entry of a promotion that failed, such as one that the gates of the alias reject: the rollout is held.
 *
 * @example
 * ```ts
 * import { rejectedPromotion } from '@fairlead/rollout';
 *
 * const { reason } = rejectedPromotion(new Error('gate "accuracy" failed'), 'gateway');
 * console.log(reason); // the promotion was rejected: gate "accuracy" failed
 * ```
 */
export function rejectedPromotion(error: unknown, actor: string): RolloutRecord {
  const why = error instanceof Error ? error.message : String(error);
  return { type: 'verdict', decision: 'hold', actor, reason: `${REJECTED}${why}` };
}

/** Returns whether a promotion was rejected so lately that it isn't tried again yet. */
export function hasJustBeenRejected({ entries }: RolloutState, now: number): boolean {
  const last = entries.at(-1);
  return last?.type === 'verdict' && last.reason.startsWith(REJECTED) && now - last.at < RETRY_MS;
}
