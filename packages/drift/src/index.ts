export type { ColumnSamples, ColumnValue } from './compatibility/column-samples.ts';
export { evidentlyDrift } from './compatibility/evidently-drift.ts';
export type { EvidentlyDrift, EvidentlyOptions } from './compatibility/evidently-drift.ts';
export type { EvidentlyTest } from './compatibility/evidently-tests.ts';
export { nannymlDrift } from './compatibility/nannyml-drift.ts';
export type { NannymlDrift, NannymlOptions } from './compatibility/nannyml-drift.ts';
export type { NannymlMethod } from './compatibility/nannyml-methods.ts';
export { DriftError, driftErrorCodes } from './drift-error.ts';
export type { DriftErrorCode } from './drift-error.ts';
export { calibrateClassifier } from './performance/classifier-calibration.ts';
export type { CalibratedClass } from './performance/classifier-calibration.ts';
export { classifierMetrics, samplingErrors } from './performance/class-sums.ts';
export type { ClassifierMetrics, ClassSums } from './performance/class-sums.ts';
export { baselineClassSums, estimateClassSums } from './performance/estimate-class-sums.ts';
export type { ScoreCells } from './performance/estimate-class-sums.ts';
export {
  estimateMulticlassPerformance,
  estimatePerformance,
} from './performance/estimate-performance.ts';
export type {
  EstimatedBinaryPerformance,
  EstimatedPerformance,
  PredictedClasses,
  PredictedRows,
} from './performance/estimate-performance.ts';
export { calibrateScores, fitIsotonic } from './performance/isotonic-calibration.ts';
export type { IsotonicCalibration } from './performance/isotonic-calibration.ts';
export { performanceLimits } from './performance/performance-limits.ts';
export type { PerformanceLimits } from './performance/performance-limits.ts';
export type { PerformanceMetric } from './performance/report/describe-metrics.ts';
export { performanceHtml } from './performance/report/performance-html.ts';
export { performanceJson } from './performance/report/performance-json.ts';
export { reportPerformance } from './performance/report/performance-report.ts';
export type {
  LabelDelays,
  PerformanceData,
  PerformanceGroup,
  PerformanceReport,
  PerformanceRows,
} from './performance/report/performance-report.ts';
export type {
  ClassifierResult,
  PerformanceResult,
} from './performance/report/performance-result.ts';
export { performanceText } from './performance/report/performance-text.ts';
export {
  estimateRegressionSums,
  regressionErrors,
  regressionMetrics,
} from './performance/regression-sums.ts';
export type { RegressionMetrics, RegressionSums } from './performance/regression-sums.ts';
export { windowScoreCells } from './performance/window-score-cells.ts';
export { driftJson } from './report/drift-json.ts';
export { driftText } from './report/drift-text.ts';
export { baselineHtml } from './report/html/baseline-html.ts';
export { driftHtml } from './report/html/drift-html.ts';
export type { DriftTitle } from './report/report-title.ts';
export { distanceDefinitions } from './report/distance-definitions.ts';
export type { DistanceName } from './report/distance-definitions.ts';
export type {
  DriftEvidence,
  DriftReport,
  DriftStatus,
  FeatureDrift,
  WindowDrift,
} from './report/drift-report.ts';
export type { FeatureShares, ShareComparison } from './rules/compare-shares.ts';
export type { DriftCheck } from './rules/drift-check.ts';
export type { EffectFloors } from './rules/rule-limits.ts';
export { chiSquareTest, goodnessOfFit } from './statistics/chi-square.ts';
export type { ChiSquareTest } from './statistics/chi-square.ts';
export {
  binnedKolmogorovSmirnov,
  expectedStability,
  hellinger,
  jensenShannon,
  lInfinity,
  populationStability,
  totalVariation,
} from './statistics/distances.ts';
export { kolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { KolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { PairedCounts } from './statistics/paired-counts.ts';
export { wasserstein } from './statistics/wasserstein.ts';
export type { DriftWindow, WindowRows } from './verdict/drift-window.ts';
export { judgeDrift } from './verdict/judge-drift.ts';
export type { JudgeOptions } from './verdict/judge-options.ts';
export type { OnsetRule } from './rules/onset.ts';
export { DriftWatch } from './watch/drift-watch.ts';
export type {
  DriftCheckResult,
  DriftWatchOptions,
  VerdictChange,
  WatchedWindow,
  WindowSource,
} from './watch/drift-watch-options.ts';
export type {
  DriftedFeature,
  DriftVerdict,
  VerdictColumn,
  WatchedVersion,
} from './watch/drift-verdict.ts';
export type { WatchUnit } from './watch/verdict-log.ts';
export type { VerdictObjects } from './watch/verdict-objects.ts';
