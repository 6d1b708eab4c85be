import type { Signature, TensorSpec } from '@fairlead/signature';

/** Fields by which an ONNX file describes a tensor. */
const BARE = ['name', 'datatype', 'shape'];

/**
 * Adds the features, descriptions and marks of the version before to tensors that have a name, datatype and shape alone, as in an ONNX file: a
 * sensitive feature stays sensitive. A tensor of another datatype or shape stays as it is.
 */
export function inheritSignature(signature: Signature, before: Signature): Signature {
  const complete = (specs: readonly TensorSpec[], known: readonly TensorSpec[]) =>
    specs.map((spec) => {
      const same = known.find(({ name }) => name === spec.name);
      const isBare = Object.keys(spec).every((key) => BARE.includes(key));
      const fits = same?.datatype === spec.datatype && String(same.shape) === String(spec.shape);
      return isBare && fits ? same : spec;
    });
  return {
    inputs: complete(signature.inputs, before.inputs),
    outputs: complete(signature.outputs, before.outputs),
  };
}
