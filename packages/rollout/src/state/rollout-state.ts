import { RolloutError } from '../rollout-error.ts';
import type { RolloutPlan } from '../plan/rollout-plan.ts';
import type { RolloutEntry, RolloutResult } from './rollout-entry.ts';

/** State of a rollout: the sum of the entries of its log. */
export interface RolloutState {
  readonly model: string;
  /** Number of the rollout of this model, from 1. */
  readonly number: number;
  readonly plan: RolloutPlan;
  readonly status: 'running' | 'paused' | 'ended';
  /** Current or last step, from 0. */
  readonly step: number;
  /** Begin of the rollout, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Begin of the step. */
  readonly stepStartedAt: number;
  /** Last verdict that changed nothing, until something changes. */
  readonly decision?: 'hold' | 'insufficient data' | undefined;
  /** True while a process changes the alias. */
  readonly promoting: boolean;
  readonly result?: RolloutResult | undefined;
  /** All entries so far. */
  readonly entries: readonly RolloutEntry[];
}

/**
 * Returns the name of a rollout, such as `churn-4`; it seeds the assignment of the keys.
 *
 * @example
 * ```ts
 * import { rolloutName } from '@fairlead/rollout';
 *
 * console.log(rolloutName({ model: 'churn', number: 4 })); // churn-4
 * ```
 */
export function rolloutName({ model, number }: Pick<RolloutState, 'model' | 'number'>): string {
  return `${model}-${number}`;
}

/** State after the first entry of a log. */
export function firstState(
  { model, number }: Pick<RolloutState, 'model' | 'number'>,
  entry: RolloutEntry & { readonly type: 'started' },
): RolloutState {
  return {
    ...{ model, number, plan: entry.plan, status: 'running', step: 0, promoting: false },
    ...{ startedAt: entry.at, stepStartedAt: entry.at, entries: [entry] },
  };
}

/**
 * State after a further entry.
 *
 * @throws RolloutError `ERR_ROLLOUT_CONFLICT` for a change that the state doesn't permit
 */
export function nextState(state: RolloutState, entry: RolloutEntry): RolloutState {
  const problem = findProblem(state, entry);
  if (problem !== undefined) {
    throw new RolloutError('ERR_ROLLOUT_CONFLICT', `Rollout ${rolloutName(state)} ${problem}.`);
  }
  const { decision, ...known } = state;
  const rest = { ...known, promoting: entry.type === 'promoting' };
  const entries = [...state.entries, entry];
  switch (entry.type) {
    case 'started':
      return state;
    case 'step':
      return { ...rest, step: entry.step, stepStartedAt: entry.at, entries };
    case 'paused':
      return { ...rest, status: 'paused', entries };
    case 'resumed':
      return { ...rest, status: 'running', entries };
    case 'promoting':
      return { ...rest, entries };
    case 'verdict':
      return { ...rest, decision: entry.decision, entries };
    case 'ended':
      return { ...rest, status: 'ended', result: entry.result, entries };
  }
}

/** A process that is killed at a promotion holds others up for so long. */
const PROMOTION_MS = 300_000;

function findProblem(state: RolloutState, change: RolloutEntry): string | undefined {
  if (state.status === 'ended') return `has ended (${String(state.result)}); start another one`;
  const isPromoted = change.type === 'ended' && change.result === 'promoted';
  // A promotion that the gates reject is held.
  if (state.promoting && !isPromoted && change.type !== 'verdict') {
    const last = state.entries.at(-1)?.at ?? 0;
    if (change.at - last < PROMOTION_MS) return 'is being promoted; try again in a minute';
  }
  switch (change.type) {
    case 'started':
      return 'has already begun';
    case 'step':
      if (state.status === 'paused') return 'is paused; resume it first';
      if (change.step === state.step + 1 && change.step < state.plan.steps.length) return undefined;
      return `is in step ${state.step + 1} of ${state.plan.steps.length}, which step ${change.step + 1} can't follow`;
    case 'paused':
      return state.status === 'paused' ? 'is already paused' : undefined;
    case 'resumed':
      return state.status === 'paused' ? undefined : "isn't paused";
    case 'promoting':
    case 'verdict':
    case 'ended':
      return undefined;
  }
}
