import type { RolloutState } from '../state/rollout-state.ts';
import type { RolloutVerdict } from '../verdict/rollout-verdict.ts';

/** The last rollout of a model in one process, for metrics. */
export interface RunningRollout {
  readonly state: RolloutState;
  /** Last verdict of this process, on the counts of the fleet; undefined before the first one. */
  readonly verdict: RolloutVerdict | undefined;
  /** Share that this process gives the candidate: 0 where it was taken out or the rollout has ended. */
  readonly share: number;
  /** Requests that this process has counted, by variant. */
  readonly requests: Readonly<Record<string, number>>;
  /** Candidates of the model that this process has taken out at once. */
  readonly hardFailures: number;
}
