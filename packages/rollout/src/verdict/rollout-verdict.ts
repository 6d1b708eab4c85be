import type { RatioInterval } from '../statistics/event-split.ts';

/** Next action of a rollout. */
export type RolloutDecision = 'promote' | 'advance' | 'hold' | 'roll back' | 'insufficient data';

/** Result of one guardrail. */
export interface GuardrailResult {
  /** A guardrail of the plan, such as `failures`; or `invalid` and `canceled`: requests that the client is to blame for, unless the candidate has more of them. */
  readonly name: string;
  /** `failed`: the limit is exceeded; `passed`: it isn't; both beyond chance. */
  readonly status: 'failed' | 'passed' | 'undecided';
  /** Explanation with figures, a part of a sentence. */
  readonly explanation: string;
  /** Events of the candidate and the baseline that were compared: of each key the first one. */
  readonly events: { readonly candidate: number; readonly baseline: number };
  /** Ratio of the rates of candidate and baseline; of labels, of the one that differs most. */
  readonly ratio: RatioInterval;
}

/** Check whether traffic was split as planned. */
export interface SampleRatioResult {
  readonly status: 'ok' | 'mismatch';
  /** Of so many units one was counted: 1 where all were, 2, 4, … for a sample of many keys. */
  readonly every: number;
  /** Units of the candidate and the baseline by step: requests, or distinct keys, each in its first step. */
  readonly steps: readonly {
    readonly step: number;
    readonly planned: number;
    readonly candidate: number;
    readonly baseline: number;
  }[];
}

/** Verdict on a rollout: a pure function of its plan, its counts and the time. */
export interface RolloutVerdict {
  readonly decision: RolloutDecision;
  /** Sentence that says why, for people. */
  readonly reason: string;
  readonly step: number;
  /** Requests of the current step. */
  readonly requests: { readonly candidate: number; readonly baseline: number };
  readonly guardrails: readonly GuardrailResult[];
  readonly sampleRatio: SampleRatioResult;
}
