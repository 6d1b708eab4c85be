import { decodeBinaryTensor, type Tensor } from '@fairlead/signature';
import type { InferRequest } from '../inference/infer-request.ts';
import { badRequest, type JsonObject } from '../protocol/json-body.ts';
import { MAX_ID_LENGTH, readTuning } from '../protocol/open-inference/request-parameters.ts';
import { checkStringCount } from '../protocol/string-limit.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { ModelInferRequest } from './wire/messages.ts';
import { plainParameters } from './parameters.ts';
import { decodeTypedTensor, hasContents } from './typed-contents.ts';

/**
 * Creates a request of its message, with typed or with raw contents.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` or `ERR_SERVING_UNSUPPORTED`; SignatureError naming a tensor.
 */
export function decodeModelInfer(message: ModelInferRequest): InferRequest {
  const { id, outputs } = message;
  if (id.length > MAX_ID_LENGTH)
    throw badRequest(`"id" must be a string of at most ${MAX_ID_LENGTH} characters`);
  for (const { parameters } of outputs) {
    const { classification } = refuseSharedMemory(plainParameters(parameters));
    if (classification === undefined) continue;
    const hint = 'classification is not supported here; ask for the scores';
    throw new ServingError('ERR_SERVING_UNSUPPORTED', hint);
  }
  return {
    ...(id !== '' && { id }),
    inputs: readInputs(message),
    // Raw contents are copied, each into separate storage.
    ...(message.rawInputContents.length > 0 && { ownsInputs: true }),
    ...(outputs.length > 0 && { outputs: [...new Set(outputs.map(({ name }) => name))] }),
    ...readTuning(plainParameters(message.parameters)),
  };
}

/** Returns whether the outputs are sent as bytes: like the inputs, unless `binary_data_output` says so. */
export function requestsRaw({ rawInputContents, parameters }: ModelInferRequest): boolean {
  return rawInputContents.length > 0 || plainParameters(parameters).binary_data_output === true;
}

function readInputs({ inputs, rawInputContents: raw }: ModelInferRequest): readonly Tensor[] {
  for (const { parameters } of inputs) refuseSharedMemory(plainParameters(parameters));
  checkStringCount(inputs);
  if (raw.length === 0) return inputs.map(decodeTypedTensor);
  if (raw.length !== inputs.length) {
    throw badRequest(`${raw.length} raw_input_contents came for ${inputs.length} inputs`);
  }
  return inputs.map((input, index) => {
    const { name, datatype, shape } = input;
    if (hasContents(input)) {
      throw badRequest(`tensor "${name}" has contents beside raw_input_contents; send one of them`);
    }
    return decodeBinaryTensor({ name, datatype, shape }, raw[index] ?? NOTHING);
  });
}

function refuseSharedMemory(parameters: JsonObject): JsonObject {
  if (!Object.hasOwn(parameters, 'shared_memory_region')) return parameters;
  const hint = 'shared memory is not supported here; send the tensor itself';
  throw new ServingError('ERR_SERVING_UNSUPPORTED', hint);
}

const NOTHING = new Uint8Array(0);
