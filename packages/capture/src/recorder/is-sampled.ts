import { hash } from 'node:crypto';

/** Bytes of the hash that decide. */
const BYTES = 6;

/** Returns a key of constant length for the sampling; empty without a secret. */
export function samplingKey(secret: string | undefined): string {
  return secret === undefined ? '' : `${hash('sha256', `capture sampling:${secret}`)}:`;
}

/**
 * Decides by a hash of a key and the request id, so that a share of all ids is captured: every host with the key, and every repeated
 * attempt, decides the same. A client that chooses ids doesn't know the key.
 */
export function isSampled(requestId: string, share: number, key: string): boolean {
  if (share >= 1) return true;
  // A text with a character for each byte takes half the time of a buffer, and this runs for every request.
  const digest = hash('sha256', `capture:${key}${requestId}`, 'binary');
  let number = 0;
  for (let index = 0; index < BYTES; index += 1) number = number * 256 + digest.charCodeAt(index);
  return number / 256 ** BYTES < share;
}
