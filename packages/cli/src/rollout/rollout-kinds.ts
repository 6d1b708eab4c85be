import type { RolloutKind } from '@fairlead/rollout';

/** Names of the kinds of rollouts, for people. */
export const ROLLOUT_KINDS: Readonly<Record<RolloutKind, string>> = {
  canary: 'canary',
  shadow: 'shadow',
  experiment: 'A/B test',
};
