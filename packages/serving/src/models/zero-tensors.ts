import { datatypes, elementCount, type Tensor, type TensorSpec } from '@fairlead/signature';

/** Tensors of zeros that a signature's side asks for; dimensions that vary are 1. */
export function zeroTensors(specs: readonly TensorSpec[]): readonly Tensor[] {
  return specs.map(({ name, datatype, shape: pattern }) => {
    const shape = pattern.map((length) => (length === -1 ? 1 : length));
    const data = datatypes[datatype].allocate(elementCount(shape));
    // The storage is that of the spec's own datatype.
    return { name, datatype, shape, data } as Tensor;
  });
}
