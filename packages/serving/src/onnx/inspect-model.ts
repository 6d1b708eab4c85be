import type { OnnxModel } from '@fairlead/signature/onnx';
import { readOnnxModel } from '@fairlead/signature/onnx';
import { usedWeights } from './external-data.ts';
import { findCrashRisk } from './risk/find-crash-risk.ts';
import type { ModelFile, WeightsFile } from './session-model.ts';

/** A model whose file was read and checked, and may be given to ONNX Runtime. */
export interface InspectedModel {
  readonly onnx: OnnxModel;
  /** The weights files that it reads. */
  readonly weights: readonly WeightsFile[];
  /** Reason why an execution can end its process; undefined when none can. */
  readonly crashRisk: string | undefined;
}

/**
 * Reads and checks the file of a model, once for each load.
 *
 * That takes seconds for a tree ensemble of 100 MB, so it is done in the worker rather than on the event loop.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_FILES` when the model would read other files;
 * `ERR_SIGNATURE_ONNX_INVALID` when its bytes aren't a model that can be checked.
 */
export function inspectModel({ bytes, externalData }: ModelFile): InspectedModel {
  const onnx = readOnnxModel(bytes);
  return {
    onnx,
    weights: usedWeights(onnx, externalData),
    crashRisk: findCrashRisk(onnx),
  };
}
