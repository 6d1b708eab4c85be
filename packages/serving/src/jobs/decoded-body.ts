import { deserialize, serialize } from 'node:v8';
import { ServingError } from '../errors/serving-error.ts';
import type { DecodedRequest, InferRequest } from '../inference/infer-request.ts';
import { packValue, unpackValue } from '../codec/packed-value.ts';

/** The format of the body of a job, as {@link packDecoded} writes it. */
export const DECODED = 'decoded-2';
/** The format of version 0.1: protocols other than the Open Inference Protocol stored `inputs` without a `request`. */
const DECODED_1 = 'decoded-1';

/** Writes a decoded request in binary: tensors as their bytes, so that no text is parsed when the job runs. */
export function packDecoded(decoded: DecodedRequest): Buffer {
  return serialize(packValue(decoded, true).value);
}

/**
 * Reads what {@link packDecoded} wrote, or that of version 0.1; `body` comes from the storage of jobs, never from a client.
 *
 * @throws ServingError `ERR_SERVING_UNSUPPORTED` for the format of a later release.
 */
export function unpackDecoded(format: string, body: Uint8Array): DecodedRequest {
  if (format !== DECODED && format !== DECODED_1) {
    const message = `the body of the job is stored as ${JSON.stringify(format)}, which this release doesn't read`;
    throw new ServingError('ERR_SERVING_UNSUPPORTED', message);
  }
  const decoded = unpackValue(withOwnStorage(deserialize(body)));
  if (format === DECODED) return decoded as DecodedRequest;
  const stored = decoded as DecodedRequest | InferRequest;
  return 'request' in stored ? stored : { ...stored, request: { inputs: stored.inputs } };
}

const TypedArray = Object.getPrototypeOf(Uint8Array) as abstract new () => {
  slice(): unknown;
};

/** Arrays that were read share the buffer of the record; those of tensors are moved to other threads one by one. */
function withOwnStorage(value: unknown): unknown {
  if (value instanceof TypedArray) return value.slice();
  if (Array.isArray(value)) return value.map(withOwnStorage);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withOwnStorage(inner)]),
  );
}
