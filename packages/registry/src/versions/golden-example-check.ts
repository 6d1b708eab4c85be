import { createSignatureCheck, decodeTensor, type TensorSpec } from '@fairlead/signature';
import type { JsonTensor, Manifest } from './manifest.ts';
import { RegistryError } from '../errors/registry-error.ts';

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
    const unknown = outputs.find(({ name }) => specs.every((spec) => spec.name !== name));
    if (unknown !== undefined) throw noSuchOutput(index, unknown.name, signature.outputs);
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

function noSuchOutput(index: number, name: string, outputs: readonly TensorSpec[]): RegistryError {
  const known = outputs.map((each) => JSON.stringify(each.name)).join(', ');
  return new RegistryError(
    'ERR_REGISTRY_INVALID_MANIFEST',
    `goldenExamples[${index}].outputs does not fit the signature: the model has no output ${JSON.stringify(name)}; it has ${known}`,
  );
}
