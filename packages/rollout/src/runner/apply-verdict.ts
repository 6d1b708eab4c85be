import type { RolloutRecord } from '../state/rollout-entry.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import type { RolloutVerdict } from '../verdict/rollout-verdict.ts';

/**
 * Returns the entry that a verdict leads to; undefined where it changes nothing. A verdict `promote` is not an entry, except that of a shadow: the alias is changed
 * first.
 */
export function entryFor(
  { status, plan, step, decision: known, promoting }: RolloutState,
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
      // An entry would end the intent of the process that promotes the candidate.
      if (promoting) return undefined;
      return known === decision ? undefined : { type: 'verdict', decision, ...audit };
  }
}

/** Returns the entry that ends a rollout whose alias was changed: to the candidate, or to a third version. */
export function entryForAlias(
  { plan, promoting, entries }: RolloutState,
  champion: string | undefined,
  actor: string,
): RolloutRecord | undefined {
  const { kind, baseline, candidate } = plan;
  if (kind !== 'shadow' && champion === candidate) {
    // Also where a process promoted it, and has not recorded the end yet or was killed before: the reason is that of its intent.
    const intent = promoting ? entries.at(-1) : undefined;
    const reason = intent?.reason ?? `the alias points to version ${champion}`;
    return { type: 'ended', result: 'promoted', actor, reason };
  }
  if (champion === baseline) return undefined;
  const points = champion === undefined ? 'was deleted' : `points to version ${champion}`;
  const reason = `the alias ${points}, not to the baseline or the candidate`;
  return { type: 'ended', result: 'aborted', actor, reason };
}
