import { float16ToNumber, type Tensor } from '@fairlead/signature';

/**
 * Tolerance of a row in a batch against the same row alone, relative to the magnitude of its output.
 *
 * A matrix product of more rows adds its terms in another order: single precision then differs by some 1e-7 of the
 * largest term, by up to 1e-5 behind a hundred layers. Rows that influence each other differ by a part of what their
 * answers differ by, which is seldom less than a hundredth. Half precision has three digits. Models that compute in single
 * precision may answer in double, so that has no separate bound.
 */
const TOLERANCE = { FP16: 4e-3, FP32: 2e-5, FP64: 2e-5 } as const;

/** The typical magnitude of each output over several results, by name: the median of the maximum of each. */
export type Magnitudes = ReadonlyMap<string, number>;

/**
 * Measures the outputs of several executions; see {@link differsBeyondRounding}.
 *
 * Typical rather than maximum: one exponential of a large input must not hide what happens to all others.
 */
export function magnitudesOf(results: readonly (readonly Tensor[])[]): Magnitudes {
  const maxima = new Map<string, number[]>();
  for (const tensor of results.flat()) {
    const list = maxima.get(tensor.name) ?? [];
    maxima.set(tensor.name, list);
    list.push(maximumOf(tensor));
  }
  return new Map(
    [...maxima].map(([name, list]) => {
      list.sort((a, b) => a - b);
      return [name, list[Math.floor(list.length / 2)] ?? 0] as const;
    }),
  );
}

function maximumOf(tensor: Tensor): number {
  if (!isFloat(tensor)) return 0;
  let maximum = 0;
  const valueAt = floatGetter(tensor);
  for (let index = 0; index < tensor.data.length; index++) {
    const value = Math.abs(valueAt(index));
    if (value > maximum && value < Infinity) maximum = value;
  }
  return maximum;
}

/** The first output in which two results of the same rows differ by more than rounding explains, with both values. */
export function differsBeyondRounding(
  alone: readonly Tensor[],
  together: readonly Tensor[],
  magnitudes: Magnitudes,
): string | undefined {
  for (const tensor of alone) {
    const same = together.find(({ name }) => name === tensor.name);
    if (same === undefined || String(same.shape) !== String(tensor.shape)) {
      return `output "${tensor.name}" has the shape [${tensor.shape.join(',')}] alone and [${same?.shape.join(',') ?? ''}] together`;
    }
    const index = firstDifference(tensor, same, magnitudes.get(tensor.name) ?? 0);
    if (index === undefined) continue;
    return `output "${tensor.name}" is ${shown(tensor, index)} alone and ${shown(same, index)} together`;
  }
  return undefined;
}

function firstDifference(alone: Tensor, together: Tensor, magnitude: number): number | undefined {
  if (isFloat(alone) && isFloat(together)) {
    const bound = TOLERANCE[alone.datatype] * Math.max(magnitude, maximumOf(alone));
    const [was, is] = [floatGetter(alone), floatGetter(together)];
    for (let index = 0; index < alone.data.length; index++) {
      // Written so that NaN equals NaN and nothing else.
      if (Object.is(was(index), is(index)) || Math.abs(was(index) - is(index)) <= bound) continue;
      return index;
    }
    return undefined;
  }
  for (let index = 0; index < alone.data.length; index++) {
    const [was, is] = [alone.data[index], together.data[index]];
    if (was === is) continue;
    const sameBytes =
      was instanceof Uint8Array && is instanceof Uint8Array && Buffer.compare(was, is) === 0;
    if (!sameBytes) return index;
  }
  return undefined;
}

type FloatTensor = Extract<Tensor, { readonly datatype: keyof typeof TOLERANCE }>;

function isFloat(tensor: Tensor): tensor is FloatTensor {
  return tensor.datatype in TOLERANCE;
}

function floatGetter({ datatype, data }: FloatTensor): (index: number) => number {
  return datatype === 'FP16'
    ? (index) => float16ToNumber(data[index] ?? 0)
    : (index) => data[index] ?? NaN;
}

function shown(tensor: Tensor, index: number): string {
  if (tensor.datatype === 'BYTES') {
    return JSON.stringify(
      Buffer.from(tensor.data[index] ?? [])
        .toString('utf8')
        .slice(0, 40),
    );
  }
  return String(isFloat(tensor) ? floatGetter(tensor)(index) : tensor.data[index]);
}
