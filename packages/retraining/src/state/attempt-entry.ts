import type { RetrainingPolicy, RetrainingTrigger } from '../policy/retraining-policy.ts';

/** Result of an attempt. */
export type AttemptResult =
  /** The alias points to the candidate. */
  | 'promoted'
  /** The candidate was pushed, and the policy has no rollout. */
  | 'pushed'
  /** A gate of the alias rejects the candidate. */
  | 'rejected'
  /** The rollout of the candidate was rolled back, aborted, or passed as a shadow. */
  | 'rolled back'
  /** The dataset or the training failed. */
  | 'failed'
  /** A person ended it. */
  | 'aborted';

/** Process that works on an attempt, until the end of its lease. */
export interface AttemptLease {
  /** Identity of the process. */
  readonly driver: string;
  /** End of the lease in milliseconds since the epoch, unless it is renewed. */
  readonly until: number;
}

/** Rows that a model is trained on. */
export interface AttemptDataset {
  /** SHA-256 of the table in the first format, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly rows: number;
  /** Begin and end of the requests in milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

/** Start of an attempt. */
export interface AttemptRequest {
  /** Trigger of the policy, or by hand. */
  readonly trigger: RetrainingTrigger | 'manual';
  readonly policy: RetrainingPolicy;
  /** Version that the candidate is derived from. */
  readonly parent: number;
}

/** Change of an attempt; its log is the list of them. */
export type AttemptChange =
  /** The first entry. */
  | ({ readonly type: 'requested' } & AttemptRequest & AttemptLease)
  /** The lease was renewed, or another process has taken over. */
  | ({ readonly type: 'driven' } & AttemptLease)
  | ({ readonly type: 'dataset' } & AttemptDataset)
  /** A training is about to be started. */
  | {
      readonly type: 'training';
      readonly runner: string;
      /** Name of the training, under which it is found again: `churn-4-1`. */
      readonly token: string;
    }
  | {
      readonly type: 'trained';
      /** SHA-256 of the model file, in lower-case hexadecimal. */
      readonly sha256: string;
    }
  | { readonly type: 'pushed'; readonly version: number }
  | { readonly type: 'rollout'; readonly number: number }
  | { readonly type: 'ended'; readonly result: AttemptResult };

/** Entry of the log of an attempt. */
export type AttemptEntry = AttemptChange & {
  /** Time in milliseconds since the epoch. */
  readonly at: number;
  /** Person or service that made the change. */
  readonly actor: string;
  /** Reason of the change, for people. */
  readonly reason: string;
};

/** Change that is to be recorded, with the person or service that makes it. */
export type AttemptRecord = AttemptChange & Pick<AttemptEntry, 'actor' | 'reason'>;

/**
 * Describes an entry of an attempt in a few words, such as `pushed version 4`.
 *
 * @example
 * ```ts
 * import { describeAttemptEntry } from '@fairlead/retraining';
 *
 * console.log(describeAttemptEntry({ type: 'pushed', version: 4, at: 0, actor: 'timer', reason: '' })); // pushed version 4
 * ```
 */
export function describeAttemptEntry(entry: AttemptEntry): string {
  switch (entry.type) {
    case 'requested':
      return `requested by ${entry.trigger === 'manual' ? 'hand' : entry.trigger}`;
    case 'dataset':
      return `wrote ${entry.rows} rows`;
    case 'training':
      return `started training ${entry.token}${entry.runner === 'process' ? '' : ` on ${entry.runner}`}`;
    case 'pushed':
      return `pushed version ${entry.version}`;
    case 'rollout':
      return `started rollout ${entry.number}`;
    case 'ended':
      return entry.result;
    default:
      return entry.type;
  }
}
