import type { OutcomeMetric } from '../plan/rollout-plan.ts';
import type { RatioInterval } from '../statistics/event-split.ts';
import type { MeanInterval } from '../statistics/mean-interval.ts';

/** Probability that a right split is ever reported as a mismatch. */
export const SAMPLE_RATIO_ALPHA = 0.001;

/** Next action of a rollout; `undecided` ends an A/B test after its longest time. */
export type RolloutDecision =
  'promote' | 'advance' | 'hold' | 'roll back' | 'insufficient data' | 'undecided';

/** Result of one guardrail. */
export interface GuardrailResult {
  /** A guardrail of the plan, such as `failures`; or `invalid` and `canceled`: requests that the client is to blame for, unless the candidate has more of them. */
  readonly name: string;
  /** `failed`: the limit is exceeded; `passed`: it isn't; both beyond chance. */
  readonly status: 'failed' | 'passed' | 'undecided';
  /** Evidence that the limit is exceeded, relative to what is required to roll back: 1 suffices. It may be negative. */
  readonly evidence: number;
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

/** Users, or users with an outcome, of both variants. */
export interface VariantUsers {
  readonly candidate: number;
  readonly baseline: number;
}

/** Result of one metric of an A/B test. */
export interface OutcomeResult extends Pick<OutcomeMetric, 'name' | 'role' | 'better' | 'type'> {
  /**
   * Of the primary metric `better` by more than the smallest change that matters, `worse`, or `equivalent`: not better by so much; of a guardrail `passed` or `failed`; each
   * beyond chance.
   */
  readonly status: 'better' | 'worse' | 'equivalent' | 'passed' | 'failed' | 'undecided';
  /** False while there are too few users or conversions. */
  readonly isJudged: boolean;
  /** Explanation with figures, a part of a sentence. */
  readonly explanation: string;
  /** Users that were compared; of many, a sample. */
  readonly users: VariantUsers;
  /** Users with an outcome. */
  readonly reported: VariantUsers;
  /** Means of both variants with their intervals; averaged over the steps of a ramp. */
  readonly means: { readonly candidate: MeanInterval; readonly baseline: MeanInterval };
  /** Change of the mean as a share of that of the baseline, with its interval; undefined unless that is above 0. */
  readonly change: MeanInterval | undefined;
}

/** Progress of an A/B test. */
export interface ExperimentProgress {
  /** Users so far; an estimate where they are a sample. */
  readonly users: number;
  /** Users that the plan expects until the end. */
  readonly planned: number;
  /** Of so many users one was counted. */
  readonly every: number;
  /** Hours until the planned users have come, at the traffic so far; undefined without any. */
  readonly hoursLeft: number | undefined;
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
  /** Of an A/B test, its metrics; the primary one is the first. */
  readonly outcomes?: readonly OutcomeResult[] | undefined;
  /** Of an A/B test. */
  readonly progress?: ExperimentProgress | undefined;
}
