export type { Baseline, CalibrationBaseline, ClassCalibration } from './baseline/baseline.ts';
export { baselineDigest } from './baseline/baseline-digest.ts';
export {
  baselineDocument,
  decodeBaseline,
  encodeBaseline,
  parseBaseline,
} from './baseline/baseline-document.ts';
export type { BaselineDocument, BaselineJson } from './baseline/baseline-document.ts';
export type {
  BaselineOptions,
  BaselineTableOptions,
  PredictRows,
} from './baseline/baseline-options.ts';
export { createBaseline } from './baseline/create-baseline.ts';
export type { BaselineColumns } from './baseline/create-baseline.ts';
export { readBaselineCsv } from './baseline/read-baseline-csv.ts';
export { readBaselineRows } from './baseline/read-baseline-rows.ts';
export { withoutSensitive } from './baseline/without-sensitive.ts';
export { withRowWidths } from './baseline/with-row-widths.ts';
export { BinCounter } from './bins/bin-counter.ts';
export { countedValues, emptyCounts } from './bins/bin-counts.ts';
export type { BinCounts } from './bins/bin-counts.ts';
export { binCount } from './bins/bins.ts';
export type { Bins, CategoryBins, EdgeBins, ValueBins } from './bins/bins.ts';
export { roundSum } from './bins/exact-sum.ts';
export type { ExactSum } from './bins/exact-sum.ts';
export type { FeatureBaseline } from './bins/feature-baseline.ts';
export { mergeCounts } from './bins/merge-counts.ts';
export { numericBins } from './bins/numeric-bins.ts';
export type { FinishedInference, RecordedInference } from './recorder/recorded-inference.ts';
export type { RecorderCounts } from './recorder/recorder-counts.ts';
export { WindowRecorder } from './recorder/window-recorder.ts';
export type { WindowRecorderOptions, WindowSink } from './recorder/window-recorder-options.ts';
export { openWindowStore } from './store/window-store.ts';
export type { WaitingWindows } from './store/window-spool.ts';
export type { WindowSpan, WindowStore, WindowUnit } from './store/window-store.ts';
export type { WindowStoreOptions } from './store/window-store-options.ts';
export type { WindowObjectEntry, WindowObjects } from './store/window-objects.ts';
export { emptyWindow } from './window/empty-window.ts';
export { latencyBoundsMs, latencyQuantile } from './window/latency.ts';
export type { LatencyHistogram } from './window/latency.ts';
export { mergeWindows } from './window/merge-windows.ts';
export { effectiveRows } from './window/window.ts';
export type {
  FeatureCounts,
  OutcomeSums,
  Window,
  WindowLabel,
  WindowLosses,
  WindowSample,
} from './window/window.ts';
export { encodeWindow, parseWindow } from './window/window-document.ts';
export { WindowsError, windowsErrorCodes } from './windows-error.ts';
export type { WindowsErrorCode } from './windows-error.ts';
