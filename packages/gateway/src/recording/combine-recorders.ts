import type { InferenceRecorder } from '@fairlead/serving';

/** Passes each record to several recorders, none of which throws; undefined without any. */
export function combineRecorders(
  recorders: readonly InferenceRecorder[],
): InferenceRecorder | undefined {
  if (recorders.length < 2) return recorders[0];
  return {
    record(record) {
      for (const recorder of recorders) void recorder.record(record);
    },
    readsInputs: (label, requestId) =>
      recorders.some((recorder) => recorder.readsInputs?.(label, requestId) !== false),
  };
}
