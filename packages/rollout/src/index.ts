export { murmurHash3 } from './assignment/murmur-hash.ts';
export { TrafficSplit } from './assignment/traffic-split.ts';
export type { CandidateShares, TrafficSplitOptions } from './assignment/traffic-split.ts';
export { KeySample } from './counts/key-sample.ts';
export type { KeySampleDocument, KeySampleOptions } from './counts/key-sample.ts';
export type { EventCounts } from './counts/event-counts.ts';
export { StepCounts } from './counts/step-counts.ts';
export type {
  CountedOutcome,
  CountedRequest,
  HashedOutcome,
  StepCountsDocument,
  VariantCounts,
} from './counts/step-counts.ts';
export type { OutcomeCounts, OutcomeCountsDocument } from './counts/outcome-counts.ts';
export type {
  FirstOutcome,
  OutcomeSample,
  OutcomeSampleDocument,
} from './counts/outcome-sample.ts';
export type { OutcomeMetricInput, OutcomePlanInput } from './plan/read-outcomes.ts';
export { readPlan } from './plan/read-plan.ts';
export type { RolloutPlanInput } from './plan/read-plan.ts';
export type {
  ChangedLabelGuardrail,
  Guardrails,
  LabelGuardrail,
  OutcomeMetric,
  OutcomePlan,
  PlanStep,
  RateGuardrail,
  RolloutKind,
  RolloutPlan,
  SlowGuardrail,
} from './plan/rollout-plan.ts';
export { RolloutError, rolloutErrorCodes } from './rollout-error.ts';
export type { RolloutErrorCode } from './rollout-error.ts';
export { BoundedMeanInterval } from './statistics/bounded-mean-interval.ts';
export type {
  BoundedMeanIntervalDocument,
  BoundedMeanIntervalOptions,
} from './statistics/bounded-mean-interval.ts';
export { BoundedMeanTest } from './statistics/bounded-mean-test.ts';
export type {
  BoundedMeanTestDocument,
  BoundedMeanTestOptions,
} from './statistics/bounded-mean-test.ts';
export { compareMeans } from './statistics/compare-means.ts';
export type {
  CompareMeansOptions,
  MeanComparison,
  OutcomeStep,
} from './statistics/compare-means.ts';
export { rolloutHtml } from './report/rollout-html.ts';
export { CountsReader } from './runner/counts-reader.ts';
export type { RolloutPlace } from './runner/counts-keys.ts';
export { compactCounts } from './runner/compact-counts.ts';
export type { Compaction, CompactCountsOptions } from './runner/compact-counts.ts';
export type {
  AddedOutcomes,
  RolloutOutcome,
  UncountedOutcomes,
  UncountedReason,
} from './runner/accept-outcomes.ts';
export type { OutcomeNumbers, OutcomeResults } from './runner/outcome-tally.ts';
export type { RolloutChoice, RolloutInference } from './runner/rollout-inference.ts';
export { RolloutRunner } from './runner/rollout-runner.ts';
export type { RunningRollout } from './runner/running-rollout.ts';
export type { RolloutEvent } from './runner/rollout-event.ts';
export type { RolloutRunnerOptions } from './runner/rollout-runner-options.ts';
export { storeOutcomes } from './runner/store-outcomes.ts';
export type { StoreOutcomesOptions } from './runner/store-outcomes.ts';
export { rejectedPromotion } from './state/rejected-promotion.ts';
export { describeEntry } from './state/describe-entry.ts';
export type {
  RolloutChange,
  RolloutEntry,
  RolloutEntryFields,
  RolloutRecord,
  RolloutResult,
} from './state/rollout-entry.ts';
export { RolloutLog } from './state/rollout-log.ts';
export type { RolloutAudit, RolloutLogOptions } from './state/rollout-log.ts';
export type { RolloutObjects } from './state/rollout-objects.ts';
export { runningTime } from './state/running-time.ts';
export { rolloutName } from './state/rollout-state.ts';
export type { RolloutState } from './state/rollout-state.ts';
export { rateEvidence, rateInterval } from './statistics/event-rate.ts';
export type {
  EventRate,
  RateEvidenceOptions,
  RateInterval,
  RateIntervalOptions,
  RatePrior,
} from './statistics/event-rate.ts';
export { ratioInterval, splitEvidence } from './statistics/event-split.ts';
export type { EventSplit, RatioHypothesis, RatioInterval } from './statistics/event-split.ts';
export { meanInterval } from './statistics/mean-interval.ts';
export type { MeanInterval, MeanIntervalOptions } from './statistics/mean-interval.ts';
export type { OutcomeSums } from './statistics/outcome-sums.ts';
export type { OutcomeLimits } from './statistics/outcome-limits.ts';
export { PseudoOutcomes } from './statistics/pseudo-outcomes.ts';
export type {
  AssignedOutcome,
  PseudoOutcomesDocument,
  PseudoOutcomesOptions,
} from './statistics/pseudo-outcomes.ts';
export { skewnessOfDifference } from './statistics/skewness-of-difference.ts';
export { sampleRatioEvidence } from './statistics/sample-ratio.ts';
export type { SplitCounts } from './statistics/sample-ratio.ts';
export { describeChange, describeMean } from './verdict/describe-outcome.ts';
export { judgeRollout } from './verdict/judge-rollout.ts';
export type { JudgedRollout } from './verdict/judge-rollout.ts';
export { requiredUnits } from './verdict/required-units.ts';
export type { RequiredUnits } from './verdict/required-units.ts';
export { judgeState } from './verdict/judge-state.ts';
export type {
  ExperimentProgress,
  GuardrailResult,
  OutcomeResult,
  RolloutDecision,
  RolloutVerdict,
  SampleRatioResult,
  VariantUsers,
} from './verdict/rollout-verdict.ts';
