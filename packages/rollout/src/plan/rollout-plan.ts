/** Kind of a rollout; `experiment` is an A/B test. */
export type RolloutKind = 'canary' | 'shadow' | 'experiment';

/** Traffic of a candidate for some time. */
export interface PlanStep {
  /** Share of the traffic, above 0 and below 1; of a shadow, the share of requests that it gets a copy of, up to 1. */
  readonly share: number;
  /** Shortest time of the step in minutes. */
  readonly minMinutes: number;
  /** Requests that the candidate must have answered in the step. */
  readonly minRequests: number;
}

/** Limits of the rate of an event, such as failed requests. */
export interface RateGuardrail {
  /** The candidate may have up to `1 + margin` times the rate of the baseline. */
  readonly margin: number;
  /** A rate that is good enough, regardless of the baseline: a share of the keys or requests; 0 for none. */
  readonly tolerated: number;
}

/** Limits of slow requests. */
export interface SlowGuardrail extends RateGuardrail {
  /** A request is slow from this duration on, in milliseconds; a good choice is the 99th percentile of the baseline. */
  readonly overMs: number;
}

/** Limits of the shares of predicted labels, or of intervals of a numeric output, each compared with that of the baseline. */
export interface LabelGuardrail {
  /** The candidate may predict a label up to `1 + margin` times, and down to `1 / (1 + margin)` times, as often as the baseline. */
  readonly margin: number;
  /** Of a numeric output such as a score: limits between its intervals, in ascending order; labels without. */
  readonly edges?: readonly number[] | undefined;
}

/** Limits of labels of a shadow that differ from those of the baseline for the same request. */
export interface ChangedLabelGuardrail {
  /** Highest share of requests with a changed label. */
  readonly max: number;
}

/** Limits that a candidate must keep. */
export interface Guardrails {
  /** Requests that failed, without those that the client is to blame for. */
  readonly failures: RateGuardrail;
  readonly slow?: SlowGuardrail | undefined;
  readonly labels?: LabelGuardrail | undefined;
  /** Of a shadow only. */
  readonly changedLabels?: ChangedLabelGuardrail | undefined;
}

/** Outcome by which the users of an A/B test are compared. */
export interface OutcomeMetric {
  readonly name: string;
  /**
   * `conversion`: 0 or 1, and 0 for users without an outcome; `total`: any number, and 0 for users without one, such as revenue; `mean`: any number, only of the users
   * with an outcome, such as a rating.
   */
  readonly type: 'conversion' | 'total' | 'mean';
  readonly better: 'higher' | 'lower';
  /**
   * Smallest change that matters, as a share of the baseline's mean: 0.02 for 2 %. A candidate is promoted for a larger improvement by the primary metric, and
   * rolled back for a larger deterioration of a guardrail.
   */
  readonly smallest: number;
  /** `primary` decides, `guardrail` rolls back a candidate that harms it, `reported` is only shown. */
  readonly role: 'primary' | 'guardrail' | 'reported';
  /** Users of each variant without whom the metric isn't judged. */
  readonly minUsers: number;
}

/** Outcomes of an A/B test. */
export interface OutcomePlan {
  /** Users that are expected until the end. The test decides fastest at a quarter of them. */
  readonly users: number;
  /** One of them is the primary one, which is the first. */
  readonly metrics: readonly OutcomeMetric[];
}

/** Plan of a rollout, complete: every default is filled in. */
export interface RolloutPlan {
  readonly kind: RolloutKind;
  /** Alias that points to the baseline, and to the candidate after the promotion. */
  readonly alias: string;
  /** Version that serves, a decimal number. */
  readonly baseline: string;
  /** Version under trial. */
  readonly candidate: string;
  /**
   * Unit of the assignment: `key`, where a user keeps the variant, or `request`, where each request is assigned separately.
   * It decides what is independent: of a user's requests only the first failure counts.
   */
  readonly unit: 'key' | 'request';
  readonly steps: readonly PlanStep[];
  readonly guardrails: Guardrails;
  /** Of an A/B test only. */
  readonly outcomes?: OutcomePlan | undefined;
  /** Probability that a good candidate is rolled back, and that a bad one is promoted. */
  readonly alpha: number;
  /** A rollout that is still undecided after so many hours is rolled back; an A/B test ends as undecided. */
  readonly maxHours: number;
}
