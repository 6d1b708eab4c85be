import type { RolloutState } from './rollout-state.ts';

/**
 * Time for which a rollout has run since a time, without its pauses, in milliseconds; of one that has ended, until its end.
 *
 * @param since - begin of the rollout, or of its step
 * @param now - the time; all are in milliseconds since the epoch
 *
 * @example
 * ```ts
 * import { readPlan, runningTime, type RolloutState } from '@fairlead/rollout';
 *
 * const audit = { actor: 'ada', reason: 'weekend' };
 * const state: RolloutState = {
 *   ...{ model: 'churn', number: 4, status: 'running', step: 0, promoting: false },
 *   ...{ plan: readPlan({ baseline: '3', candidate: '4' }), startedAt: 0, stepStartedAt: 0 },
 *   entries: [
 *     { type: 'paused', at: 10_000, ...audit },
 *     { type: 'resumed', at: 70_000, ...audit },
 *   ],
 * };
 * console.log(runningTime(state, state.stepStartedAt, 100_000)); // 40000
 * ```
 */
export function runningTime({ status, entries }: RolloutState, since: number, now: number): number {
  const end = status === 'ended' ? (entries.at(-1)?.at ?? now) : now;
  let paused = 0;
  let pausedAt: number | undefined;
  for (const { type, at } of entries) {
    if (type === 'paused') pausedAt = at;
    if (pausedAt === undefined || (type !== 'resumed' && type !== 'ended')) continue;
    paused += Math.max(0, at - Math.max(since, pausedAt));
    pausedAt = undefined;
  }
  if (pausedAt !== undefined) paused += Math.max(0, end - Math.max(since, pausedAt));
  return Math.max(0, end - since - paused);
}
