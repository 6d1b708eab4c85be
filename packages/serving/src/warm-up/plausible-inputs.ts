import {
  datatypes,
  drawTensors,
  elementCount,
  seededRandom,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '@fairlead/signature';
import type { VersionManifest } from '../source/model-source.ts';

/** Lengths of varying dimensions: short sequences, multiples of what images are divided by, pieces of sound. */
const LENGTHS = [4, 8, 32, 64, 256, 320, 512, 576, 1280, 16_000];
/** Elements of all inputs together that a plausible request may have where lengths vary. */
const MAX_VARYING_ELEMENTS = 2 ** 21;
/** The same where no smaller request is possible. */
const MAX_ELEMENTS = 2 ** 24;

type LengthOf = (spec: TensorSpec, dimension: number) => number;

/**
 * Inputs that a version without golden examples may take, the likeliest first; equal on every host.
 *
 * Values are drawn within the signature's ranges and categories, or are zeros. Dimensions that vary are tried with
 * several lengths, since many models compute nothing from a single element, and none from lengths that contradict each other.
 */
export function* plausibleInputs({
  model,
  signature,
}: Pick<VersionManifest, 'model' | 'signature'>): Generator<readonly Tensor[], void> {
  const { inputs } = signature;
  const random = seededRandom(seedOf(model, signature));
  const shapes = [...plausibleShapes(inputs)];
  for (const lengthOf of shapes) yield drawTensors(inputs, { random, lengthOf });
  for (const lengthOf of shapes) yield drawZeros(inputs, lengthOf);
  const [first] = shapes;
  if (first === undefined) return;
  yield drawTensors(inputs, { random, lengthOf: first, maxInteger: 9, scale: 10 });
}

/** Seed of the inputs drawn for a version: the same at its push as in every gateway that loads it. */
export function seedOf(model: string, signature: Signature): string {
  return `${model} ${JSON.stringify(signature)}`;
}

function* plausibleShapes(inputs: readonly TensorSpec[]): Generator<LengthOf, void> {
  const seen = new Set<string>();
  // A name of a first dimension is the number of rows in other dimensions, too.
  const rowNames = new Set(inputs.map(({ dimensions }) => dimensions?.[0] ?? ''));
  const isRows = ({ dimensions }: TensorSpec, dimension: number): boolean => {
    const name = dimensions?.[dimension] ?? '';
    return dimension === 0 || (name !== '' && rowNames.has(name));
  };
  for (const length of LENGTHS) {
    const choices: LengthOf[] = [
      // One row of that length.
      (spec, dimension) => (isRows(spec, dimension) ? 1 : length),
      // One row, and a state beside it whose rows are not its first dimension.
      ({ shape }, dimension) => (dimension > 0 && dimension === shape.length - 1 ? length : 1),
      // All varying dimensions have the same length.
      () => length,
    ];
    for (const choice of choices) {
      const lengths = inputs.map((spec) =>
        spec.shape.map((each, dimension) => (each === -1 ? choice(spec, dimension) : each)),
      );
      const elements = lengths.reduce((sum, shape) => sum + elementCount(shape), 0);
      const key = JSON.stringify(lengths);
      // A signature may have fixed lengths that no host can hold.
      const most = seen.size === 0 ? MAX_ELEMENTS : MAX_VARYING_ELEMENTS;
      if (elements > most || seen.has(key)) continue;
      seen.add(key);
      yield choice;
    }
  }
}

function drawZeros(specs: readonly TensorSpec[], lengthOf: LengthOf): readonly Tensor[] {
  return specs.map((spec) => {
    const { name, datatype } = spec;
    const shape = spec.shape.map((length, dimension) =>
      length === -1 ? lengthOf(spec, dimension) : length,
    );
    // The storage is that of the spec's own datatype.
    return {
      name,
      datatype,
      shape,
      data: datatypes[datatype].allocate(elementCount(shape)),
    } as Tensor;
  });
}
