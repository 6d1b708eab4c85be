import { float16ToNumber, type Tensor } from '@fairlead/signature';

/** Returns the number of the first row: of the first floating-point output with one number per row; undefined for a model without one. */
export function predictedScore(outputs: readonly Tensor[]): number | undefined {
  for (const tensor of outputs) {
    const { datatype, shape, data } = tensor;
    const [value] = data;
    if (data.length !== (shape[0] ?? 1) || typeof value !== 'number') continue;
    if (datatype === 'FP16') return float16ToNumber(value);
    if (datatype === 'FP32' || datatype === 'FP64') return value;
  }
  return undefined;
}
