import { encodeBinaryTensor } from '@fairlead/signature';
import type { InferResult } from '../infer-request.ts';
import type { ModelInferResponse } from './messages.ts';
import { encodeTypedContents } from './typed-contents.ts';

/** The message of a result; raw when that was asked for, or when one of the outputs can't be sent otherwise. */
export function encodeModelInfer(result: InferResult, raw: boolean): ModelInferResponse {
  const { model, version, id, outputs } = result;
  const head = { modelName: model, modelVersion: version, ...(id !== undefined && { id }) };
  if (!raw) {
    const typed = outputs.flatMap((output) => {
      const { name, datatype, shape } = output;
      const contents = encodeTypedContents(output);
      return contents === undefined ? [] : { name, datatype, shape, contents };
    });
    if (typed.length === outputs.length) return { ...head, outputs: typed };
  }
  return {
    ...head,
    outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    rawOutputContents: outputs.map(encodeBinaryTensor),
  };
}
