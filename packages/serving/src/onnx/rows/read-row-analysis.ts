import type { Signature } from '@fairlead/signature';
import type { OnnxModel } from '@fairlead/signature/onnx';
import type { RowAnalysis } from '../../runtime/runtime.ts';
import { hasBatchDimension } from '../../scheduling/batch-limits.ts';
import { analyzeRows } from './analyze-rows.ts';

/** The row analysis of an ONNX model; undefined for a model whose requests can't share executions in any case. */
export function readRowAnalysis(model: OnnxModel, signature: Signature): RowAnalysis | undefined {
  if (!hasBatchDimension(signature)) return undefined;
  try {
    return analyzeRows(model, signature);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { rows: 'unknown', reason: `its graph can't be followed: ${why}` };
  }
}
