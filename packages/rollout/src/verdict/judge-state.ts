import type { StepCounts } from '../counts/step-counts.ts';
import { runningTime } from '../state/running-time.ts';
import type { RolloutState } from '../state/rollout-state.ts';
import { judgeRollout } from './judge-rollout.ts';
import type { RolloutVerdict } from './rollout-verdict.ts';

/**
 * Judges a rollout in the state of its log; one that has ended as of its end. Pauses count neither for the time of a step nor for the longest time.
 *
 * @param counts - counts of all hosts, one for each step; those of steps after the current one are left out: this process doesn't know yet that they began
 * @param now - the time, in milliseconds since the epoch
 *
 * @example
 * ```ts
 * import { judgeState, readPlan } from '@fairlead/rollout';
 *
 * const plan = readPlan({ baseline: '3', candidate: '4' });
 * const times = { startedAt: 0, stepStartedAt: 0 };
 * const place = { model: 'churn', number: 4, status: 'running', step: 0, promoting: false } as const;
 * console.log(judgeState({ ...place, ...times, plan, entries: [] }, [], 60_000).decision); // insufficient data
 * ```
 */
export function judgeState(
  state: RolloutState,
  counts: readonly StepCounts[],
  now: number,
): RolloutVerdict {
  const { plan, status, step, startedAt, stepStartedAt, entries } = state;
  const end = status === 'ended' ? (entries.at(-1)?.at ?? now) : now;
  // The clock of this host may be behind that of the one which started it.
  const at = Math.max(end, startedAt);
  // Time in which the rollout was paused doesn't count.
  return judgeRollout({
    ...{ plan, step, now: at },
    startedAt: at - runningTime(state, startedAt, at),
    stepStartedAt: at - runningTime(state, stepStartedAt, at),
    counts: counts.filter((each) => each.step <= step),
  });
}
