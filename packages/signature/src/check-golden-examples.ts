import { decodeTensor } from './decode-tensor.ts';
import type { GoldenExample } from './golden-example.ts';
import type { JsonTensor } from './json-tensor.ts';
import { createSignatureCheck } from './signature-check.ts';
import { SignatureError } from './signature-error.ts';
import type { Signature, TensorSpec } from './signature.ts';

/**
 * Checks golden examples against a signature: all inputs, and those outputs that an example has.
 *
 * @throws SignatureError `ERR_SIGNATURE_MISMATCH` naming the example, the tensor, the expected and the found value.
 *
 * @example
 * ```ts
 * import { checkGoldenExamples, SignatureError } from '@fairlead/signature';
 *
 * const x = { name: 'x', datatype: 'FP32', shape: [-1] } as const;
 * const example = { inputs: [{ ...x, shape: [1, 1], data: [0.5] }], outputs: [] };
 * try {
 *   checkGoldenExamples({ inputs: [x], outputs: [] }, [example]);
 * } catch (error) {
 *   if (!(error instanceof SignatureError)) throw error;
 *   console.log(error.code, error.problems[0]?.tensor); // ERR_SIGNATURE_MISMATCH x
 * }
 * ```
 */
export function checkGoldenExamples(
  signature: Signature,
  goldenExamples: readonly GoldenExample[],
): void {
  for (const [index, { inputs, outputs }] of goldenExamples.entries()) {
    checkTensors(`goldenExamples[${index}].inputs`, signature.inputs, inputs);
    const names = new Set(outputs.map(({ name }) => name));
    const specs = signature.outputs.filter(({ name }) => names.has(name));
    const unknown = outputs.find(({ name }) => specs.every((spec) => spec.name !== name));
    if (unknown !== undefined) throw unknownOutput(index, unknown.name, signature.outputs);
    checkTensors(`goldenExamples[${index}].outputs`, specs, outputs);
  }
}

function checkTensors(
  position: string,
  specs: readonly TensorSpec[],
  tensors: readonly JsonTensor[],
): void {
  try {
    createSignatureCheck(specs)(tensors.map(decodeTensor));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SignatureError(
      'ERR_SIGNATURE_MISMATCH',
      `${position} does not fit the signature: ${why}`,
      { cause, ...(cause instanceof SignatureError && { problems: cause.problems }) },
    );
  }
}

function unknownOutput(
  index: number,
  name: string,
  outputs: readonly TensorSpec[],
): SignatureError {
  const known = outputs.map((each) => JSON.stringify(each.name)).join(', ');
  return new SignatureError(
    'ERR_SIGNATURE_MISMATCH',
    `goldenExamples[${index}].outputs does not fit the signature: the model has no output ${JSON.stringify(name)}; it has ${known}`,
  );
}
