import {
  datatypes,
  decodeTensor,
  elementCount,
  float16ToNumber,
  type Tensor,
  type TensorSpec,
} from '@fairlead/signature';
import type { VersionManifest } from './model-source.ts';
import type { Runtime } from './runtime.ts';
import { ServingError } from './serving-error.ts';

const DEFAULT_TOLERANCE = 1e-4;

/**
 * Runs a version before anyone depends on it, and proves that it answers here as it did where it was trained.
 *
 * Each golden example runs and is compared: integers, booleans and bytes must be equal; floating-point outputs may
 * differ by the example's tolerance (1e-4 by default), absolutely or relative to the expected value. Without golden
 * examples it runs once on zeros.
 *
 * @throws ServingError `ERR_SERVING_GOLDEN_MISMATCH` naming the example, the output and the element.
 */
export async function warmUp(
  manifest: VersionManifest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  const examples = manifest.goldenExamples ?? [];
  const context = { signal, requestIds: [], ownsInputs: true };
  if (examples.length === 0) await runtime.execute(manifest.signature.inputs.map(zeros), context);
  for (const [index, example] of examples.entries()) {
    const { outputs } = await runtime.execute(example.inputs.map(decodeTensor), context);
    for (const expected of example.outputs.map(decodeTensor)) {
      const actual = outputs.find((output) => output.name === expected.name);
      const difference = compare(expected, actual, example.tolerance ?? DEFAULT_TOLERANCE);
      if (difference === undefined) continue;
      throw new ServingError(
        'ERR_SERVING_GOLDEN_MISMATCH',
        `model "${manifest.model}" version ${manifest.version}: golden example ${index}: output "${expected.name}" ${difference}`,
      );
    }
  }
}

function zeros({ name, datatype, shape: pattern }: TensorSpec): Tensor {
  const shape = pattern.map((length) => (length === -1 ? 1 : length));
  // The storage is that of the spec's own datatype.
  return {
    name,
    datatype,
    shape,
    data: datatypes[datatype].allocate(elementCount(shape)),
  } as Tensor;
}

function compare(
  expected: Tensor,
  actual: Tensor | undefined,
  tolerance: number,
): string | undefined {
  if (actual === undefined) return 'is missing';
  if (actual.datatype !== expected.datatype || String(actual.shape) !== String(expected.shape)) {
    return `is ${actual.datatype} [${actual.shape.join(',')}], expected ${expected.datatype} [${expected.shape.join(',')}]`;
  }
  for (let index = 0; index < expected.data.length; index++) {
    const [was, is] = [elementAt(expected, index), elementAt(actual, index)];
    if (was === is) continue;
    const bound = tolerance * Math.max(1, Math.abs(Number(was)));
    const floating = typeof was === 'number' && typeof is === 'number' && isFloat(expected);
    if (!floating || !(Math.abs(is - was) <= bound)) {
      return `is ${is} at element ${index}, expected ${was}${floating ? ` within ${bound}` : ''}`;
    }
  }
  return undefined;
}

function isFloat({ datatype }: Tensor): boolean {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
}

function elementAt(tensor: Tensor, index: number): number | bigint | string {
  if (tensor.datatype === 'BYTES') return Buffer.from(tensor.data[index] ?? []).toString('base64');
  const value = tensor.data[index] ?? NaN;
  return tensor.datatype === 'FP16' ? float16ToNumber(Number(value)) : value;
}
