import type { RolloutPlan } from '../plan/rollout-plan.ts';

/** Result of a rollout. */
export type RolloutResult =
  /** The alias points to the candidate. */
  | 'promoted'
  /** A limit was exceeded, or the longest time has passed. */
  | 'rolled back'
  /** An A/B test found no difference until its longest time had passed: the baseline stays. */
  | 'undecided'
  /** A person ended it. */
  | 'aborted'
  /** A shadow has passed: nothing changes. */
  | 'passed';

/** Fields of every entry. */
export interface RolloutEntryFields {
  /** Time in milliseconds since the epoch. */
  readonly at: number;
  /** Person or service that made the change. */
  readonly actor: string;
  /** Reason of the change, for people. */
  readonly reason: string;
}

/** Change of a rollout; its log is the list of them. */
export type RolloutChange =
  /** The first entry: step 1 begins. */
  | { readonly type: 'started'; readonly plan: RolloutPlan }
  /** Another step begins; `step` counts from 0. */
  | { readonly type: 'step'; readonly step: number }
  /** The share stays as it is until the rollout is resumed; a limit that is exceeded still ends it. */
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  /** The verdict changed to one that doesn't change the rollout. */
  | { readonly type: 'verdict'; readonly decision: 'hold' | 'insufficient data' }
  /** The alias is about to be changed: nothing else ends the rollout for five minutes. */
  | { readonly type: 'promoting' }
  | { readonly type: 'ended'; readonly result: RolloutResult };

/** Entry of the log of a rollout. */
export type RolloutEntry = RolloutChange & RolloutEntryFields;

/** Change that is to be recorded, with the person or service that makes it. */
export type RolloutRecord = RolloutChange & Omit<RolloutEntryFields, 'at'>;
