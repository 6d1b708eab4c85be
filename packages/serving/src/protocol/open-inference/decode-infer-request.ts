import { decodeBinaryTensor, decodeTensor } from '@fairlead/signature';
import type { InferRequest } from '../../inference/infer-request.ts';
import { takeFloatLists, type TextWithoutLists } from '../float-lists/take-float-lists.ts';
import {
  badRequest,
  decodeJsonBody,
  decodeJsonText,
  isJsonObject,
  type JsonObject,
} from '../json-body.ts';
import { checkStringCount } from '../string-limit.ts';
import { MAX_ID_LENGTH, readTuning } from './request-parameters.ts';

/** A request with how its outputs are to be written. */
export interface DecodedRequest {
  readonly request: InferRequest;
  readonly binary: BinaryOutputs;
  /** Number of largest elements that are requested of each output, in place of the output; absent when of none. */
  readonly classes?: ReadonlyMap<string, number>;
}

/** Which outputs are to be sent as bytes behind the JSON. */
export interface BinaryOutputs {
  readonly byDefault: boolean;
  /** Outputs for which the request says it. */
  readonly named?: ReadonlyMap<string, boolean>;
}

/** Less JSON can't nest a hundred levels deep. */
const MAX_UNCHECKED = 200;

const EXAMPLE = '{"inputs":[…]}';

/** Tensors that a request may name; models have far fewer. */
const MAX_NAMED = 4096;

/**
 * Decodes the body of an Open Inference Protocol request: JSON, and behind its first `jsonBytes` the bytes of those
 * inputs that have a `binary_data_size`, in the order of the inputs.
 *
 * @param ownsBody - true if the tensors may share the storage of the body
 * @throws ServingError `ERR_SERVING_BAD_REQUEST`; SignatureError naming a tensor or a key.
 */
export function decodeInferRequest(
  body: Buffer,
  jsonBytes = body.length,
  ownsBody = false,
): DecodedRequest {
  if (jsonBytes > body.length) {
    throw badRequest(
      `Inference-Header-Content-Length is ${jsonBytes}, more than the ${body.length} bytes of the body`,
    );
  }
  const json = body.subarray(0, jsonBytes);
  const binary = { bytes: body.subarray(jsonBytes), isOwn: ownsBody };
  const lists = takeFloatLists(json);
  const decoded = lists && decodeWithLists(lists, binary);
  return decoded ?? decodeJsonBody(json, EXAMPLE, (value) => toRequest(value, binary));
}

/** Decodes a request whose lists of numbers were read already; undefined where JSON.parse has to read it as a whole. */
function decodeWithLists(
  { text, lists }: TextWithoutLists,
  binary: BinaryData,
): DecodedRequest | undefined {
  try {
    const decode = (json: JsonObject): DecodedRequest | undefined =>
      putLists(json, lists) ? toRequest(json, binary) : undefined;
    return text.length <= MAX_UNCHECKED
      ? decodeJsonText(text, EXAMPLE, decode)
      : decodeJsonBody(Buffer.from(text), EXAMPLE, decode);
  } catch {
    // The same error, with positions in the whole text.
    return undefined;
  }
}

/** Gives each input its list; false unless each list belongs to an input of datatype FP32, one to each. */
function putLists({ inputs }: JsonObject, lists: readonly Float32Array[]): boolean {
  if (!Array.isArray(inputs) || inputs.length !== lists.length) return false;
  return (inputs as readonly unknown[]).every((input, index) => {
    if (!isJsonObject(input) || input.datatype !== 'FP32') return false;
    if (!Array.isArray(input.data) || input.data.length > 0) return false;
    (input as Record<string, unknown>).data = lists[index];
    return true;
  });
}

/** The bytes behind the JSON. */
interface BinaryData {
  readonly bytes: Buffer;
  /** True if the tensors may share their storage. */
  readonly isOwn: boolean;
}

/** A part of a request that is `null` is left out: writers of JSON have no other word for what isn't set. */
function toRequest(json: JsonObject, binary: BinaryData): DecodedRequest {
  const { inputs } = json;
  const id = json.id ?? undefined;
  const outputs = json.outputs ?? undefined;
  if (id !== undefined && (typeof id !== 'string' || id.length > MAX_ID_LENGTH)) {
    throw badRequest(`"id" must be a string of at most ${MAX_ID_LENGTH} characters`);
  }
  const parameters = parametersOf(json);
  const requested = readOutputs(outputs, parameters.binary_data_output === true);
  return {
    request: {
      ...(id !== undefined && { id }),
      ...readInputs(inputs, binary),
      ...(requested.names !== undefined && { outputs: requested.names }),
      ...readTuning(parameters),
    },
    binary: requested.binary,
    ...(requested.classes !== undefined && { classes: requested.classes }),
  };
}

const NONE: JsonObject = {};

function parametersOf(json: JsonObject): JsonObject {
  const parameters = json.parameters ?? NONE;
  if (!isJsonObject(parameters)) throw badRequest('"parameters" must be an object');
  return parameters;
}

function readInputs(
  inputs: unknown,
  { bytes, isOwn }: BinaryData,
): Pick<InferRequest, 'inputs' | 'ownsInputs'> {
  if (!Array.isArray(inputs)) throw badRequest('"inputs" must be a list of tensors');
  checkNamed('inputs', inputs);
  checkStringCount(inputs);
  let offset = 0;
  // The storage of tensors from JSON may be a part of one that other requests use.
  let ownsInputs = isOwn;
  const tensors = (inputs as readonly unknown[]).map((input) => {
    const size = isJsonObject(input)
      ? (parametersOf(input).binary_data_size ?? undefined)
      : undefined;
    if (!isJsonObject(input) || size === undefined) {
      ownsInputs = false;
      return decodeTensor(input);
    }
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw badRequest('"binary_data_size" must be a whole number of bytes');
    }
    if ((input.data ?? undefined) !== undefined)
      throw badRequest('an input has both "data" and "binary_data_size": send one of them');
    if (size > bytes.length - offset) {
      throw badRequest(
        `"binary_data_size" is ${size}, but ${bytes.length - offset} bytes are left behind the JSON`,
      );
    }
    offset += size;
    const elements = bytes.subarray(offset - size, offset);
    return decodeBinaryTensor(input, elements, { shareStorage: isOwn });
  });
  if (offset !== bytes.length) {
    throw badRequest(`${bytes.length - offset} bytes behind the JSON belong to no input`);
  }
  return { inputs: tensors, ...(ownsInputs && { ownsInputs }) };
}

interface RequestedOutputs extends Pick<DecodedRequest, 'binary' | 'classes'> {
  readonly names: readonly string[] | undefined;
}

function readOutputs(outputs: unknown, binaryByDefault: boolean): RequestedOutputs {
  if (outputs === undefined) return { names: undefined, binary: { byDefault: binaryByDefault } };
  if (!Array.isArray(outputs)) throw badRequest('"outputs" must be a list of {"name":…}');
  checkNamed('outputs', outputs);
  const binary = new Map<string, boolean>();
  const classes = new Map<string, number>();
  for (const output of outputs as readonly unknown[]) {
    if (!isJsonObject(output) || typeof output.name !== 'string') {
      throw badRequest('each of "outputs" needs a "name" that is a string');
    }
    const parameters = parametersOf(output);
    const isBinary = parameters.binary_data ?? binaryByDefault;
    const classification = parameters.classification ?? undefined;
    if (classification !== undefined) {
      if (!isCount(classification)) {
        throw badRequest('"classification" must be a whole number of classes from 1');
      }
      classes.set(output.name, classification);
    }
    binary.set(output.name, isBinary === true);
  }
  return {
    // An empty list asks for everything, as Triton has it.
    names: binary.size === 0 ? undefined : [...binary.keys()],
    binary: { byDefault: binaryByDefault, named: binary },
    ...(classes.size > 0 && { classes }),
  };
}

function checkNamed(key: string, tensors: readonly unknown[]): void {
  if (tensors.length <= MAX_NAMED) return;
  throw badRequest(`"${key}" lists ${tensors.length} tensors; at most ${MAX_NAMED} are accepted`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
