import { checkOptions } from './check-options.ts';
import { datatypes, type Datatype } from './datatype.ts';
import { numberToFloat16 } from './float16.ts';
import type { RandomSource } from './seeded-random.ts';
import type { TensorSpec, ValueSpec } from './signature.ts';
import { elementCount, type Tensor } from './tensor.ts';

/** Options of {@link drawTensors}. */
export interface DrawOptions {
  /** Source of the random numbers, such as `seededRandom`. */
  readonly random: RandomSource;
  /** Returns the length of a dimension of variable length; called with the spec and the index of the dimension, once for a shared name. */
  readonly lengthOf: (spec: TensorSpec, dimension: number) => number;
  /**
   * Maximum of integers without categories or range, drawn from 0, and maximum width of what is drawn of a range.
   *
   * Small, because integers are often indices, or counts that decide how much is computed.
   * @defaultValue 1
   */
  readonly maxInteger?: number;
  /**
   * Typical magnitude of floating-point values without categories or range.
   * @defaultValue 1
   */
  readonly scale?: number;
}

const optionNames = {
  random: 'required',
  lengthOf: 'required',
  maxInteger: 'optional',
  scale: 'optional',
} as const;

/**
 * Generates random tensors for `specs`, the inputs or the outputs of a signature: values within the ranges and categories of
 * the tensor and of each feature, and plausible values without them.
 *
 * Floating-point values without a range are normally distributed; integers are small; BYTES are short words.
 *
 * @throws SignatureError `ERR_SIGNATURE_INVALID_OPTION` naming an unknown or missing option; RangeError for tensors with more elements than an array can have.
 *
 * @example
 * ```ts
 * import { drawTensors, seededRandom } from '@fairlead/signature';
 *
 * const specs = [
 *   { name: 'age', datatype: 'UINT8', shape: [-1, 1], range: { min: 18, max: 99 } },
 * ] as const;
 * const [age] = drawTensors(specs, { random: seededRandom('loan/1'), lengthOf: () => 3 });
 * console.log(age?.shape, age?.data.length); // [ 3, 1 ] 3
 * ```
 */
export function drawTensors(specs: readonly TensorSpec[], options: DrawOptions): readonly Tensor[] {
  checkOptions('drawTensors', options, optionNames);
  const lengths = new Map<string, number>();
  const lengthOf = (spec: TensorSpec, dimension: number): number => {
    const name = spec.dimensions?.[dimension] ?? undefined;
    const length =
      (name === undefined ? undefined : lengths.get(name)) ?? options.lengthOf(spec, dimension);
    if (name !== undefined) lengths.set(name, length);
    return length;
  };
  return specs.map((spec) => {
    const { name, datatype } = spec;
    const shape = spec.shape.map((length, dimension) =>
      length === -1 ? lengthOf(spec, dimension) : length,
    );
    const count = elementCount(shape);
    const columns = (spec.features ?? [undefined]).map((feature) =>
      valueDrawer(datatype, mergeSpecs(spec, feature), options),
    );
    if (datatype === 'BYTES') {
      const data = Array.from({ length: count }, (_, index) =>
        encoder.encode(String(columns[index % columns.length]?.())),
      );
      return { name, datatype, shape, data };
    }
    const data = datatypes[datatype].allocate(count) as Float64Array;
    for (let index = 0; index < count; index++) {
      data[index] = columns[index % columns.length]?.() as number;
    }
    // The storage has the datatype of the spec.
    return { name, datatype, shape, data } as unknown as Tensor;
  });
}

const encoder = new TextEncoder();
const WORDS = ['a', 'b', 'one', 'two words', '3', 'A longer piece of text.', 'ä', ''];

/** Merges the categories and the range of a feature with those of its tensor. */
function mergeSpecs(whole: ValueSpec, feature: ValueSpec = {}): ValueSpec {
  const min = Math.max(whole.range?.min ?? -Infinity, feature.range?.min ?? -Infinity);
  const max = Math.min(whole.range?.max ?? Infinity, feature.range?.max ?? Infinity);
  const categories =
    feature.categories && whole.categories
      ? feature.categories.filter((each) => whole.categories?.includes(each))
      : (feature.categories ?? whole.categories);
  return { range: { min, max }, ...(categories && { categories }) };
}

/** Creates the function that draws one element, in the form of the storage of `datatype`. */
function valueDrawer(
  datatype: Datatype,
  { categories, range: { min = -Infinity, max = Infinity } = {} }: ValueSpec,
  { random, maxInteger = 1, scale = 1 }: DrawOptions,
): () => number | bigint | string {
  const { kind, integerRange } = datatypes[datatype];
  const below = (count: number): number => Math.floor(random() * count);
  const store = storedForm(datatype);
  const within = categories?.filter((each) => !(Number(each) < min || Number(each) > max));
  if (within !== undefined && within.length > 0) {
    return () => {
      const value = within[below(within.length)] ?? 0;
      return typeof value === 'number' ? store(value) : value;
    };
  }
  if (kind === 'bytes') return () => WORDS[below(WORDS.length)] ?? '';
  if (kind === 'float') {
    const normal = normalSource(random);
    if (Number.isFinite(min) && Number.isFinite(max)) {
      return () => store(Math.min(max, min + random() * (max - min)));
    }
    if (Number.isFinite(min)) return () => store(min + Math.abs(normal()) * scale);
    if (Number.isFinite(max)) return () => store(max - Math.abs(normal()) * scale);
    return () => store(normal() * scale);
  }
  const [lowest, highest] = kind === 'boolean' ? [0, 1] : (integerRange ?? [0, 0]).map(Number);
  const first = Math.ceil(Math.max(min, lowest ?? 0));
  const last = Math.floor(Math.min(max, highest ?? 0));
  const start = Math.min(Math.max(0, first), last);
  const count = Math.min(last - start, kind === 'boolean' ? 1 : maxInteger) + 1;
  return () => store(start + below(count));
}

function storedForm(datatype: Datatype): (value: number) => number | bigint {
  if (datatype === 'FP16') return numberToFloat16;
  if (datatypes[datatype].kind === 'bigint') return BigInt;
  return (value) => value;
}

/** Normally distributed numbers, by Box and Muller. */
function normalSource(random: RandomSource): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
