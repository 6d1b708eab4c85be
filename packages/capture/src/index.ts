export { CaptureError, captureErrorCodes } from './capture-error.ts';
export type { CaptureErrorCode } from './capture-error.ts';
export { capturedColumns } from './columns/captured-column.ts';
export type { CapturedColumn } from './columns/captured-column.ts';
export { MAX_LABEL_AHEAD_MS } from './labels/label.ts';
export type { Label, StoredLabel } from './labels/label.ts';
export { labelsFolder, listLabels } from './labels/label-objects.ts';
export { LabelStore } from './labels/label-store.ts';
export type { LabelStoreOptions, ReadLabels } from './labels/label-store.ts';
export { captureFolder } from './objects/capture-folder.ts';
export type {
  CaptureObjectEntry,
  CaptureObjects,
  TaggedObject,
} from './objects/capture-objects.ts';
export { listCaptures } from './objects/list-captures.ts';
export type { CaptureSelection } from './objects/list-captures.ts';
export { versionFolder } from './objects/partition.ts';
export type { CaptureCounts, CaptureLossReason } from './recorder/capture-counts.ts';
export { openCapture } from './recorder/capture-recorder.ts';
export type { CaptureRecorder } from './recorder/capture-recorder.ts';
export type { CaptureRecorderOptions } from './recorder/capture-recorder-options.ts';
export type { CapturedInference, CaptureLabel } from './recorder/captured-inference.ts';
export { pruneCaptures } from './retention/prune-captures.ts';
export type { PruneOptions } from './retention/prune-captures.ts';
export type { CaptureSink, SpooledFile } from './spool/capture-sink.ts';
