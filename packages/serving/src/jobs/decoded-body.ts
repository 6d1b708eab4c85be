import { deserialize, serialize } from 'node:v8';
import { packValue, unpackValue } from '../codec/packed-value.ts';

/** The format of the body of a job, as {@link packDecoded} writes it. */
export const DECODED = 'decoded-1';

/** Writes a decoded request in binary: tensors as their bytes, so that no text is parsed when the job runs. */
export function packDecoded(decoded: unknown): Buffer {
  return serialize(packValue(decoded, true).value);
}

/** Reads what {@link packDecoded} wrote; `body` comes from the storage of jobs, never from a client. */
export function unpackDecoded(body: Uint8Array): unknown {
  return unpackValue(withOwnStorage(deserialize(body)));
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
