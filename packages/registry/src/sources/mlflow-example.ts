import {
  type JsonTensor,
  type JsonTensorData,
  parseJson,
  type Signature,
  type TensorSpec,
} from '@fairlead/signature';
import {
  createSignatureCheck,
  decodeTensor,
  decodeText,
  quoteNonFinite,
  recordsTable,
  splitTable,
  tableRequests,
} from '@fairlead/signature';
import { open } from 'node:fs/promises';
import { RegistryError } from '../errors/registry-error.ts';

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads the input example that MLflow stores with a model, as tensors of the signature.
 *
 * Source: `_Example` of https://github.com/mlflow/mlflow/blob/master/mlflow/models/utils.py
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_SOURCE` when it isn't what the signature asks for.
 */
export async function readInputExample(
  file: string,
  signature: Signature,
): Promise<readonly JsonTensor[]> {
  try {
    const tensors = toTensors(
      withoutParams(parseJson(quoteNonFinite(await readText(file)))),
      signature,
    );
    createSignatureCheck(signature.inputs)(tensors.map(decodeTensor));
    return tensors;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_SOURCE',
      `the input example ${file} can't be used: ${why}`,
      { cause },
    );
  }
}

async function readText(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > MAX_BYTES)
      throw new Error(`it has ${size} bytes, and at most ${MAX_BYTES} are read`);
    return decodeText(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** An example with parameters of the call is wrapped: `{"inputs": …, "params": …}`. */
function withoutParams(value: unknown): unknown {
  return isRecord(value) && 'inputs' in value && 'params' in value ? value.inputs : value;
}

function toTensors(example: unknown, signature: Signature): readonly JsonTensor[] {
  const { inputs } = signature;
  const [sole] = inputs;
  if (isRecord(example) && Array.isArray(example.data)) {
    // A data frame: `{"columns": […], "data": [[…], …]}`, whose columns are numbers if they have no names.
    const [request = []] = tableRequests(splitTable(example), signature, example.data.length);
    return request;
  }
  if (isRecord(example) && inputs.every(({ name }) => name in example)) {
    return inputs.map((spec) => tensorOf(spec, example[spec.name]));
  }
  if (
    Array.isArray(example) &&
    inputs.length === 1 &&
    sole !== undefined &&
    !isRecord(example[0])
  ) {
    return [tensorOf(sole, example)];
  }
  const records = Array.isArray(example) ? example : [example];
  const [request = []] = tableRequests(recordsTable(records), signature, records.length);
  return request;
}

function tensorOf({ name, datatype }: TensorSpec, value: unknown): JsonTensor {
  const data = Array.isArray(value)
    ? (value as readonly JsonTensorData[])
    : [value as JsonTensorData];
  const shape: number[] = [];
  for (let inner: unknown = data; Array.isArray(inner) && shape.length < 32; inner = inner[0]) {
    shape.push(inner.length);
  }
  return { name, datatype, shape, data };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
