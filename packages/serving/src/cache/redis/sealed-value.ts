import { createHash } from 'node:crypto';

// Changes with the encoding of what is kept, so that servers of two releases can share a Redis.
const FORMAT = 'fairlead-cache-1';
const SEAL_BYTES = 32;

/** A value with a digest of it and of its key in front: whatever else comes back is noticed. */
export function seal(key: string, value: Uint8Array): Buffer {
  return Buffer.concat([digest(key, value), value]);
}

/** The value that {@link seal} was given for this key; undefined when the bytes are something else. */
export function unseal(key: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) return undefined;
  const value = sealed.subarray(SEAL_BYTES);
  return digest(key, value).equals(sealed.subarray(0, SEAL_BYTES)) ? value : undefined;
}

function digest(key: string, value: Uint8Array): Buffer {
  const name = `${FORMAT} ${JSON.stringify(key)}\n`;
  return createHash('sha256').update(name).update(value).digest();
}
