import { RetrainingError } from '../retraining-error.ts';
import type {
  AttemptDataset,
  AttemptEntry,
  AttemptLease,
  AttemptRequest,
  AttemptResult,
} from './attempt-entry.ts';

/** Last step that an attempt has done. */
export type AttemptPhase =
  'requested' | 'dataset' | 'training' | 'trained' | 'pushed' | 'rollout' | 'ended';

/** State of an attempt: the sum of the entries of its log. */
export interface AttemptState {
  readonly model: string;
  /** Number of the attempt of this model, from 1. */
  readonly number: number;
  readonly request: AttemptRequest;
  readonly phase: AttemptPhase;
  /** Begin of the attempt, in milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly lease: AttemptLease;
  readonly dataset?: AttemptDataset | undefined;
  /** Last training, and the number of trainings so far. */
  readonly training?:
    { readonly token: string; readonly runner: string; readonly tries: number } | undefined;
  /** SHA-256 of the trained model. */
  readonly trained?: string | undefined;
  /** Version of the candidate. */
  readonly version?: number | undefined;
  /** Number of the rollout of the candidate. */
  readonly rollout?: number | undefined;
  readonly result?: AttemptResult | undefined;
  /** All entries so far. */
  readonly entries: readonly AttemptEntry[];
}

/**
 * Returns the name of an attempt, such as `churn-4`; the lineage of its candidate has it.
 *
 * @example
 * ```ts
 * import { attemptName } from '@fairlead/retraining';
 *
 * console.log(attemptName({ model: 'churn', number: 4 })); // churn-4
 * ```
 */
export function attemptName({ model, number }: Pick<AttemptState, 'model' | 'number'>): string {
  return `${model}-${number}`;
}

/** State after the first entry of a log. */
export function firstState(
  { model, number }: Pick<AttemptState, 'model' | 'number'>,
  entry: AttemptEntry & { readonly type: 'requested' },
): AttemptState {
  const { trigger, policy, parent, driver, until, at } = entry;
  return {
    ...{ model, number, request: { trigger, policy, parent }, phase: 'requested' },
    ...{ requestedAt: at, lease: { driver, until }, entries: [entry] },
  };
}

/**
 * State after a further entry.
 *
 * @throws RetrainingError `ERR_RETRAINING_CONFLICT` for a change that the state doesn't permit
 */
export function nextState(state: AttemptState, entry: AttemptEntry): AttemptState {
  const problem = findProblem(state, entry);
  if (problem !== undefined) {
    throw new RetrainingError(
      'ERR_RETRAINING_CONFLICT',
      `Attempt ${attemptName(state)} ${problem}.`,
    );
  }
  const next = { ...state, entries: [...state.entries, entry] };
  switch (entry.type) {
    case 'requested':
      return state;
    case 'driven':
      return { ...next, lease: { driver: entry.driver, until: entry.until } };
    case 'dataset': {
      const { sha256, rows, since, until } = entry;
      return { ...next, phase: 'dataset', dataset: { sha256, rows, since, until } };
    }
    case 'training': {
      const { token, runner } = entry;
      const tries = (state.training?.tries ?? 0) + 1;
      return { ...next, phase: 'training', training: { token, runner, tries } };
    }
    case 'trained':
      return { ...next, phase: 'trained', trained: entry.sha256 };
    case 'pushed':
      return { ...next, phase: 'pushed', version: entry.version };
    case 'rollout':
      return { ...next, phase: 'rollout', rollout: entry.number };
    case 'ended':
      return { ...next, phase: 'ended', result: entry.result };
  }
}

/** Phases that an entry may follow. A training is started again, and its rows are written again, where their files are lost. */
const BEFORE: Readonly<Record<string, readonly AttemptPhase[]>> = {
  dataset: ['requested', 'dataset', 'training', 'trained'],
  training: ['dataset', 'training', 'trained'],
  trained: ['training'],
  pushed: ['trained'],
  rollout: ['pushed'],
};

function findProblem(state: AttemptState, { type }: AttemptEntry): string | undefined {
  if (state.phase === 'ended') return `has ended (${String(state.result)})`;
  if (type === 'requested') return 'has already begun';
  const phases = BEFORE[type];
  if (phases === undefined || phases.includes(state.phase)) return undefined;
  return `is at the step "${state.phase}", which "${type}" can't follow`;
}
