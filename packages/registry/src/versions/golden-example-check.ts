import { createSignatureCheck, decodeTensor, type TensorSpec } from '@fairlead/signature';
import type { JsonTensor, Manifest } from './manifest.ts';
import { RegistryError } from '../registry-error.ts';

/**
 * Checks that the golden examples of a version fit its signature: every input, and those outputs that they have.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_MANIFEST` naming example, tensor, what was expected and what was found.
 */
export function checkGoldenExamples({ signature, goldenExamples }: Manifest): void {
  for (const [index, { inputs, outputs }] of goldenExamples.entries()) {
    checkTensors(`goldenExamples[${index}].inputs`, signature.inputs, inputs);
    const given = new Set(outputs.map(({ name }) => name));
    const specs = signature.outputs.filter(({ name }) => given.has(name));
    checkTensors(`goldenExamples[${index}].outputs`, specs, outputs);
  }
}

function checkTensors(
  place: string,
  specs: readonly TensorSpec[],
  tensors: readonly JsonTensor[],
): void {
  try {
    createSignatureCheck(specs)(tensors.map(decodeTensor));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_MANIFEST',
      `${place} does not fit the signature: ${why}`,
      { cause },
    );
  }
}
