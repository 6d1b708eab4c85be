import { float16ToNumber, type Tensor } from '@fairlead/signature';

/** Tolerance of an element: `atol + rtol * |expected|`, as NumPy's `assert_allclose` has it. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** The first difference between what was expected and what came; undefined when there is none. */
export function findDifference(
  expected: readonly Tensor[],
  actual: readonly Tensor[],
  tolerance: Tolerance,
): string | undefined {
  for (const tensor of expected) {
    const found = actual.find(({ name }) => name === tensor.name);
    if (found === undefined) return `${tensor.name} is missing`;
    if (found.datatype !== tensor.datatype || String(found.shape) !== String(tensor.shape)) {
      return `${tensor.name} is ${describe(found)}, expected ${describe(tensor)}`;
    }
    for (let index = 0; index < tensor.data.length; index += 1) {
      const [was, is] = [elementAt(tensor, index), elementAt(found, index)];
      if (!isClose(was, is, tolerance)) {
        return `${tensor.name}[${index}] is ${is}, expected ${was}`;
      }
    }
  }
  return undefined;
}

function describe({ datatype, shape }: Tensor): string {
  return `${datatype} [${shape.join(',')}]`;
}

function elementAt({ datatype, data }: Tensor, index: number): number | bigint | string {
  if (datatype === 'BYTES') return Buffer.from(data[index] ?? []).toString('hex');
  const value = data[index] ?? NaN;
  return datatype === 'FP16' ? float16ToNumber(Number(value)) : value;
}

function isClose(
  was: number | bigint | string,
  is: number | bigint | string,
  { rtol, atol }: Tolerance,
): boolean {
  if (was === is) return true;
  if (typeof was !== 'number' || typeof is !== 'number') return false;
  if (Number.isNaN(was) && Number.isNaN(is)) return true;
  // Of an infinity the tolerance would be infinite too.
  if (!Number.isFinite(was) || !Number.isFinite(is)) return false;
  return Math.abs(is - was) <= atol + rtol * Math.abs(was);
}
