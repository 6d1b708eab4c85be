import type { TensorSpec } from '@fairlead/signature';
import type { InferResult } from '../../inference/infer-request.ts';
import type { Reply } from '../protocol.ts';
import { classify } from './classify.ts';
import type { BinaryOutputs } from './decode-infer-request.ts';
import { encodeInferResponse } from './encode-infer-response.ts';

/** Encoding of the outputs of one request. */
export interface AnswerForm {
  readonly binary: BinaryOutputs;
  /** Number of largest elements in place of an output. */
  readonly classes?: ReadonlyMap<string, number>;
  /** The outputs of the signature; needed with `classes`. */
  readonly specs?: readonly TensorSpec[];
}

/**
 * Writes the answer of one request in the requested form.
 *
 * @throws SignatureError and ServingError as {@link classify} does; SignatureError for text that isn't UTF-8.
 */
export function encodeInferAnswer(
  result: InferResult,
  { binary, classes, specs = [] }: AnswerForm,
): Reply {
  if (classes === undefined) return encodeInferResponse(result, binary);
  const outputs = result.outputs.map((output) => {
    const count = classes.get(output.name);
    const spec = specs.find(({ name }) => name === output.name);
    return count === undefined ? output : classify(output, count, spec);
  });
  return encodeInferResponse({ ...result, outputs }, binary);
}
