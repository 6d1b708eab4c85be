import type { GoldenExample, JsonTensor, JsonTensorData } from './manifest.ts';

/**
 * A golden example as a manifest stores it: NaN and the infinities, which JSON has no numbers for, are the texts `"NaN"`,
 * `"Infinity"` and `"-Infinity"`.
 */
export function storedExample(example: GoldenExample): GoldenExample {
  const { inputs, outputs } = example;
  return { ...example, inputs: storedTensors(inputs), outputs: storedTensors(outputs) };
}

function storedTensors(tensors: readonly JsonTensor[]): readonly JsonTensor[] {
  // What isn't an example is rejected with its place when the manifest is checked.
  if (!Array.isArray(tensors)) return tensors;
  return (tensors as readonly JsonTensor[]).map((tensor) =>
    Array.isArray(tensor.data) ? { ...tensor, data: tensor.data.map(storedElement) } : tensor,
  );
}

function storedElement(element: JsonTensorData): JsonTensorData {
  if (typeof element === 'number') return Number.isFinite(element) ? element : String(element);
  return Array.isArray(element)
    ? (element as readonly JsonTensorData[]).map(storedElement)
    : element;
}
