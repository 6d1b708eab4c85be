import { externalFiles, type OnnxModel } from '@fairlead/signature/onnx';
import type { WeightsFile } from './session-model.ts';

/**
 * Session options with which ONNX Runtime reads nothing but what it is given: the bytes are protobuf, never its own
 * format, and files that a model names are looked for where there can be none, not in the process' working folder.
 */
export const ISOLATED = {
  session: {
    load_model_format: 'ONNX',
    model_external_initializers_file_folder_path: '/dev/null/none',
  },
} as const;

/**
 * The weights files that a model reads.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_FILES` when the model would read anything else.
 */
export function usedWeights(
  model: OnnxModel,
  externalData: readonly WeightsFile[],
): readonly WeightsFile[] {
  const files = new Set(externalData.map(({ path }) => path));
  const used = externalFiles(model, (location) => files.has(location));
  return externalData.filter(({ path }) => used.includes(path));
}
