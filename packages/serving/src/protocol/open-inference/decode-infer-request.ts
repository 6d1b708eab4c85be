import { isUtf8 } from 'node:buffer';
import { decodeBinaryTensor, decodeJson, decodeTensor, type Tensor } from '@fairlead/signature';
import type { InferRequest } from '../../infer-request.ts';
import { ServingError } from '../../serving-error.ts';
import { nestsDeeperThan } from '../json-depth.ts';

const MAX_DEPTH = 100;
const MAX_ID_LENGTH = 1024;

/** A request with how its outputs are to be written. */
export interface DecodedRequest {
  readonly request: InferRequest;
  /** Whether an output is to be sent as bytes behind the JSON. */
  readonly isBinary: (output: string) => boolean;
}

/**
 * Decodes the body of an Open Inference Protocol request: JSON, and behind its first `jsonBytes` the bytes of those
 * inputs that have a `binary_data_size`, in the order of the inputs.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` or `ERR_SERVING_UNSUPPORTED`; SignatureError naming a tensor.
 */
export function decodeInferRequest(body: Buffer, jsonBytes = body.length): DecodedRequest {
  if (jsonBytes > body.length) {
    throw bad(
      `Inference-Header-Content-Length is ${jsonBytes}, more than the ${body.length} bytes of the body`,
    );
  }
  const json = body.subarray(0, jsonBytes);
  if (json.length === 0) throw bad('the body is empty; expected {"inputs":[…]}');
  if (!isUtf8(json)) throw bad('the body is not UTF-8');
  if (nestsDeeperThan(MAX_DEPTH, json)) throw bad(`the JSON nests deeper than ${MAX_DEPTH}`);
  const binary = body.subarray(jsonBytes);
  try {
    return decodeJson(json.toString(), (value) => toRequest(value, binary));
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

function toRequest(json: unknown, binary: Buffer): DecodedRequest {
  if (!isObject(json)) throw bad('the body must be a JSON object: {"inputs":[…]}');
  const { id, inputs, outputs } = json;
  if (id !== undefined && (typeof id !== 'string' || id.length > MAX_ID_LENGTH)) {
    throw bad(`"id" must be a string of at most ${MAX_ID_LENGTH} characters`);
  }
  const parameters = parametersOf(json);
  const wishes = readOutputs(outputs, parameters.binary_data_output === true);
  return {
    request: {
      ...(id !== undefined && { id }),
      inputs: readInputs(inputs, binary),
      ...(wishes.names !== undefined && { outputs: wishes.names }),
      ...readTuning(parameters),
    },
    isBinary: wishes.isBinary,
  };
}

function parametersOf(json: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { parameters = {} } = json;
  if (!isObject(parameters)) throw bad('"parameters" must be an object');
  return parameters;
}

function readInputs(inputs: unknown, binary: Buffer): readonly Tensor[] {
  if (!Array.isArray(inputs)) throw bad('"inputs" must be a list of tensors');
  let offset = 0;
  const tensors = (inputs as readonly unknown[]).map((input) => {
    const size = isObject(input) ? parametersOf(input).binary_data_size : undefined;
    if (!isObject(input) || size === undefined) return decodeTensor(input);
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw bad('"binary_data_size" must be a whole number of bytes');
    }
    if (Object.hasOwn(input, 'data')) throw bad('an input with "binary_data_size" has no "data"');
    if (size > binary.length - offset) {
      throw bad(
        `"binary_data_size" is ${size}, but ${binary.length - offset} bytes are left behind the JSON`,
      );
    }
    offset += size;
    return decodeBinaryTensor(input, binary.subarray(offset - size, offset));
  });
  if (offset !== binary.length) {
    throw bad(`${binary.length - offset} bytes behind the JSON belong to no input`);
  }
  return tensors;
}

interface OutputWishes {
  readonly names: readonly string[] | undefined;
  readonly isBinary: (output: string) => boolean;
}

function readOutputs(outputs: unknown, binaryByDefault: boolean): OutputWishes {
  if (outputs === undefined) return { names: undefined, isBinary: () => binaryByDefault };
  if (!Array.isArray(outputs)) throw bad('"outputs" must be a list of {"name":…}');
  const binary = new Map<string, boolean>();
  for (const output of outputs as readonly unknown[]) {
    if (!isObject(output) || typeof output.name !== 'string') {
      throw bad('each of "outputs" needs a "name" that is a string');
    }
    const { binary_data: wish = binaryByDefault, classification } = parametersOf(output);
    if (classification !== undefined) {
      const message = 'classification is not supported here; ask for the scores';
      throw new ServingError('ERR_SERVING_UNSUPPORTED', message);
    }
    binary.set(output.name, wish === true);
  }
  return {
    // An empty list asks for everything, as Triton has it.
    names: binary.size === 0 ? undefined : [...binary.keys()],
    isBinary: (output) => binary.get(output) ?? binaryByDefault,
  };
}

/** `timeout` comes in microseconds; 0 stands for none, as Triton has it. */
function readTuning({
  timeout = 0,
  priority = 0,
}: Readonly<Record<string, unknown>>): Pick<InferRequest, 'timeoutMs' | 'priority'> {
  for (const [name, value] of Object.entries({ timeout, priority })) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw bad(`parameter "${name}" must be a whole number from 0`);
    }
  }
  return {
    ...(timeout !== 0 && { timeoutMs: Number(timeout) / 1000 }),
    ...(priority !== 0 && { priority: Number(priority) }),
  };
}
