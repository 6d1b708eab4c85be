import type { Signature } from '@fairlead/signature';
import { readOnnxModel } from '@fairlead/signature/onnx';
import type { RowAnalysis } from '../../runtime.ts';
import { hasBatchDimension } from '../../scheduling/batch-limits.ts';
import { analyzeRows } from './analyze-rows.ts';

/** The row analysis of an ONNX file; undefined for a model whose requests can't share executions in any case. */
export function readRowAnalysis(bytes: Uint8Array, signature: Signature): RowAnalysis | undefined {
  if (!hasBatchDimension(signature)) return undefined;
  try {
    return analyzeRows(readOnnxModel(bytes), signature);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { rows: 'unknown', reason: `its file can't be read: ${why}` };
  }
}
