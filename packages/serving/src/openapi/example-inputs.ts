import {
  createSignatureCheck,
  datatypes,
  decodeTensor,
  elementCount,
  type Signature,
  type Tensor,
  type TensorSpec,
  type ValueSpec,
} from '@fairlead/signature';
import type { GoldenExample } from '../source/model-source.ts';

/** A document is for people: an image of 150,000 numbers would bury the rest. */
const MAX_ELEMENTS = 4096;

/**
 * Inputs that a version takes: those of its first golden example, else values within the signature's ranges and categories.
 *
 * Undefined when they would be too long to be shown.
 */
export function exampleInputs(
  signature: Signature,
  goldenExamples: readonly GoldenExample[],
): readonly Tensor[] | undefined {
  const check = createSignatureCheck(signature.inputs);
  const candidates = [
    ...goldenExamples.map(
      ({ inputs }) =>
        () =>
          inputs.map(decodeTensor),
    ),
    () => signature.inputs.map(withinSpec),
  ];
  for (const candidate of candidates) {
    try {
      const inputs = candidate();
      check(inputs);
      if (inputs.every(isShowable)) return inputs;
    } catch {
      // A golden example may be of digits that JSON loses, or a spec's values contradict its datatype.
    }
  }
  return undefined;
}

function isShowable({ data }: Tensor): boolean {
  if (data.length > MAX_ELEMENTS) return false;
  // The example goes through JSON.parse once more, in a browser for instance.
  return (
    !(data instanceof BigInt64Array || data instanceof BigUint64Array) ||
    data.every((element) => Number.isSafeInteger(Number(element)))
  );
}

function withinSpec(spec: TensorSpec): Tensor {
  const shape = spec.shape.map((length) => (length === -1 ? 1 : length));
  const count = elementCount(shape);
  if (count > MAX_ELEMENTS) throw new RangeError('too long to be shown');
  const columns = spec.features?.length ?? 1;
  const data = Array.from({ length: count }, (_, index) =>
    valueFor(spec, spec.features?.[index % columns]),
  );
  return decodeTensor({ name: spec.name, datatype: spec.datatype, shape, data });
}

function valueFor({ datatype, ...whole }: TensorSpec, feature: ValueSpec = {}): unknown {
  const categories = feature.categories ?? whole.categories;
  if (categories !== undefined) return categories[0];
  const { kind } = datatypes[datatype];
  if (kind === 'bytes') return '';
  const min = Math.max(whole.range?.min ?? -Infinity, feature.range?.min ?? -Infinity);
  const max = Math.min(whole.range?.max ?? Infinity, feature.range?.max ?? Infinity);
  const value = Math.min(Math.max(0, min), max);
  return kind === 'float' ? value : Math.ceil(value);
}
