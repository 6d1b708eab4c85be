import type { RolloutRecord } from '../state/rollout-entry.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import type { RolloutVerdict } from '../verdict/rollout-verdict.ts';

/**
 * Returns the entry that a verdict leads to; undefined where it changes nothing. A verdict `promote` is not an entry, except that of a shadow: the alias is changed
 * first.
 */
export function entryFor(
  { status, plan, step, decision: known }: RolloutState,
  { decision, reason }: Pick<RolloutVerdict, 'decision' | 'reason'>,
  actor: string,
): RolloutRecord | 'promote' | undefined {
  const audit = { actor, reason };
  switch (decision) {
    case 'roll back':
      return { type: 'ended', result: 'rolled back', ...audit };
    case 'undecided':
      return { type: 'ended', result: 'undecided', ...audit };
    case 'advance':
      return status === 'paused' ? undefined : { type: 'step', step: step + 1, ...audit };
    case 'promote':
      if (status === 'paused') return undefined;
      return plan.kind === 'shadow' ? { type: 'ended', result: 'passed', ...audit } : 'promote';
    case 'hold':
    case 'insufficient data':
      return known === decision ? undefined : { type: 'verdict', decision, ...audit };
  }
}
