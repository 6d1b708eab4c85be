import { float16ToNumber, type Tensor } from '@fairlead/signature';

/**
 * Describes the difference between expected tensors and those of the same names: undefined when nothing does.
 *
 * Floating-point elements may differ by `tolerance`, absolutely or relative to the expected value; all others must be
 * equal. NaN equals NaN alone, and each infinity itself.
 */
export function compareTensors(
  expected: readonly Tensor[],
  actual: readonly Tensor[],
  tolerance: number,
): string | undefined {
  for (const tensor of expected) {
    const same = actual.find(({ name }) => name === tensor.name);
    const difference = compareTensor(tensor, same, tolerance);
    if (difference !== undefined) return `output "${tensor.name}" ${difference}`;
  }
  return undefined;
}

function compareTensor(
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
    if (was === is || (Number.isNaN(was) && Number.isNaN(is))) continue;
    const bound = tolerance * Math.max(1, Math.abs(Number(was)));
    const floating = typeof was === 'number' && typeof is === 'number' && isFloat(expected);
    const isClose = floating && Number.isFinite(was) && Math.abs(is - was) <= bound;
    if (!isClose && expected.datatype === 'BOOL') {
      return `is ${is !== 0} at element ${index}, expected ${was !== 0}`;
    }
    if (!isClose) {
      return `is ${is} at element ${index}, expected ${was}${floating && Number.isFinite(was) ? ` within ${bound}` : ''}`;
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
