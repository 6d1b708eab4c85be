import { hash } from 'node:crypto';

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
  const digest = hash('sha256', `capture:${key}${requestId}`, 'buffer');
  return digest.readUIntBE(0, 6) / 2 ** 48 < share;
}
