export { decideRetraining } from './decision/decide-retraining.ts';
export type {
  RetrainingCheck,
  RetrainingDecision,
  RetrainingLimit,
} from './decision/decide-retraining.ts';
export type { RetrainingFacts } from './decision/retraining-facts.ts';
export { processDriver } from './lease/process-driver.ts';
export type { RetrainingDriver } from './lease/process-driver.ts';
export { PolicyLog } from './state/policy-log.ts';
export type { PolicyLogOptions, RetrainingAudit, StoredPolicy } from './state/policy-log.ts';
export { readPolicy } from './policy/read-policy.ts';
export type { RetrainingPolicyInput } from './policy/read-policy.ts';
export type {
  DatasetFormat,
  PerformanceTrigger,
  RetrainingPolicy,
  RetrainingTrigger,
  TrainingSpec,
} from './policy/retraining-policy.ts';
export { processRunner } from './process/process-runner.ts';
export type { ProcessRunnerOptions } from './process/process-runner.ts';
export { RetrainingError, retrainingErrorCodes } from './retraining-error.ts';
export type { RetrainingErrorCode } from './retraining-error.ts';
export type {
  CandidateOrder,
  CandidateRollout,
  InputTarget,
  RetrainingSteps,
  RolloutOrder,
} from './run/retraining-steps.ts';
export { continueRetraining, startRetraining } from './run/retrain.ts';
export type { RetrainingOptions } from './run/retrain.ts';
export type { TrainingOrder, TrainingOutcome, TrainingRunner } from './run/training-runner.ts';
export { describeAttemptEntry } from './state/attempt-entry.ts';
export type {
  AttemptChange,
  AttemptDataset,
  AttemptEntry,
  AttemptLease,
  AttemptRecord,
  AttemptRequest,
  AttemptResult,
} from './state/attempt-entry.ts';
export { AttemptLog } from './state/attempt-log.ts';
export type { AttemptLogOptions } from './state/attempt-log.ts';
export { attemptName } from './state/attempt-state.ts';
export type { AttemptPhase, AttemptState } from './state/attempt-state.ts';
export type { RetrainingObjects } from './state/retraining-objects.ts';
