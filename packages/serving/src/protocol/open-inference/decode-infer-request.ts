import { isUtf8 } from 'node:buffer';
import { decodeJson, decodeTensor } from '@fairlead/signature';
import type { InferRequest } from '../../infer-request.ts';
import { ServingError } from '../../serving-error.ts';
import { nestsDeeperThan } from '../json-depth.ts';

const MAX_DEPTH = 100;
const MAX_ID_LENGTH = 1024;

/**
 * Decodes the JSON body of an Open Inference Protocol request.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` or `ERR_SERVING_UNSUPPORTED`; SignatureError naming a tensor.
 */
export function decodeInferRequest(body: Buffer): InferRequest {
  if (body.length === 0) throw bad('the body is empty; expected {"inputs":[…]}');
  if (!isUtf8(body)) throw bad('the body is not UTF-8');
  if (nestsDeeperThan(MAX_DEPTH, body)) throw bad(`the JSON nests deeper than ${MAX_DEPTH}`);
  try {
    return decodeJson(body.toString(), toRequest);
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`the body is not JSON: ${error.message}`, error);
    throw error;
  }
}

function bad(message: string, cause?: unknown): ServingError {
  return new ServingError('ERR_SERVING_BAD_REQUEST', message, { cause });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toRequest(json: unknown): InferRequest {
  if (!isObject(json)) throw bad('the body must be a JSON object: {"inputs":[…]}');
  const { id, inputs, outputs } = json;
  if (id !== undefined && (typeof id !== 'string' || id.length > MAX_ID_LENGTH)) {
    throw bad(`"id" must be a string of at most ${MAX_ID_LENGTH} characters`);
  }
  if (!Array.isArray(inputs)) throw bad('"inputs" must be a list of tensors');
  for (const input of inputs as readonly unknown[]) {
    refuseParameter(
      input,
      'binary_data_size',
      'binary tensors are not supported here; send "data"',
    );
  }
  return {
    ...(id !== undefined && { id }),
    inputs: inputs.map(decodeTensor),
    ...(outputs !== undefined && { outputs: readOutputNames(outputs) }),
  };
}

function readOutputNames(outputs: unknown): readonly string[] | undefined {
  if (!Array.isArray(outputs)) throw bad('"outputs" must be a list of {"name":…}');
  const names = (outputs as readonly unknown[]).map((output) => {
    if (!isObject(output) || typeof output.name !== 'string') {
      throw bad('each of "outputs" needs a "name" that is a string');
    }
    refuseParameter(
      output,
      'classification',
      'classification is not supported here; ask for the scores',
    );
    return output.name;
  });
  // An empty list asks for everything, as Triton has it.
  return names.length === 0 ? undefined : names;
}

function refuseParameter(tensor: unknown, parameter: string, message: string): void {
  if (!isObject(tensor) || !isObject(tensor.parameters)) return;
  if (Object.hasOwn(tensor.parameters, parameter)) {
    throw new ServingError('ERR_SERVING_UNSUPPORTED', message);
  }
}
