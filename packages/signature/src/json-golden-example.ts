import type { GoldenExample } from './golden-example.ts';
import type { JsonTensor, JsonTensorData } from './json-tensor.ts';

/**
 * Converts a golden example to values that JSON has: NaN and the infinities become the strings `"NaN"`, `"Infinity"` and
 * `"-Infinity"`, which `decodeTensor` reads.
 *
 * @example
 * ```ts
 * import { jsonGoldenExample } from '@fairlead/signature';
 *
 * const x = { name: 'x', datatype: 'FP32', shape: [2], data: [1, NaN] } as const;
 * console.log(jsonGoldenExample({ inputs: [x], outputs: [] }).inputs[0]?.data); // [ 1, 'NaN' ]
 * ```
 */
export function jsonGoldenExample(example: GoldenExample): GoldenExample {
  const { inputs, outputs } = example;
  return { ...example, inputs: jsonTensors(inputs), outputs: jsonTensors(outputs) };
}

function jsonTensors(tensors: readonly JsonTensor[]): readonly JsonTensor[] {
  // Invalid examples are rejected with their position by the check of the manifest.
  if (!Array.isArray(tensors)) return tensors;
  return (tensors as readonly JsonTensor[]).map((tensor) =>
    Array.isArray(tensor.data) ? { ...tensor, data: tensor.data.map(jsonElement) } : tensor,
  );
}

function jsonElement(element: JsonTensorData): JsonTensorData {
  if (typeof element === 'number') return Number.isFinite(element) ? element : String(element);
  return Array.isArray(element) ? (element as readonly JsonTensorData[]).map(jsonElement) : element;
}
