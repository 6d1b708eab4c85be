export { murmurHash3 } from './assignment/murmur-hash.ts';
export { TrafficSplit } from './assignment/traffic-split.ts';
export type { CandidateShares, TrafficSplitOptions } from './assignment/traffic-split.ts';
export { RolloutError, rolloutErrorCodes } from './rollout-error.ts';
export type { RolloutErrorCode } from './rollout-error.ts';
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
export { sampleRatioEvidence } from './statistics/sample-ratio.ts';
export type { SplitCounts } from './statistics/sample-ratio.ts';
