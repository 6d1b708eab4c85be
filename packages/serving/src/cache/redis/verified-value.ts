import { createHash } from 'node:crypto';

// Changes with the encoding of values, so that servers of two releases can share a Redis.
const FORMAT = 'fairlead-cache-1';
const DIGEST_BYTES = 32;

/** Puts a digest of a value and its key in front of the value: any other value is detected. */
export function withDigest(key: string, value: Uint8Array): Buffer {
  return Buffer.concat([digest(key, value), value]);
}

/** Returns the value that {@link withDigest} got with this key; undefined for any other bytes. */
export function readVerified(key: string, stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < DIGEST_BYTES) return undefined;
  const value = stored.subarray(DIGEST_BYTES);
  return digest(key, value).equals(stored.subarray(0, DIGEST_BYTES)) ? value : undefined;
}

function digest(key: string, value: Uint8Array): Buffer {
  const name = `${FORMAT} ${JSON.stringify(key)}\n`;
  return createHash('sha256').update(name).update(value).digest();
}
