import type { RolloutEntry, RolloutRecord } from './rollout-entry.ts';

const REJECTED = 'the promotion was rejected: ';

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

/** Returns whether an entry is one of {@link rejectedPromotion}. */
export function isRejectedPromotion({ type, reason }: RolloutEntry): boolean {
  return type === 'verdict' && reason.startsWith(REJECTED);
}
