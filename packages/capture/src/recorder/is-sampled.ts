import { hash } from 'node:crypto';

/**
 * Decides by a hash of the request id, so that a share of all ids is captured: every host, and every repeated attempt, decides
 * the same.
 */
export function isSampled(requestId: string, share: number): boolean {
  if (share >= 1) return true;
  const digest = hash('sha256', `capture:${requestId}`, 'buffer');
  return digest.readUIntBE(0, 6) / 2 ** 48 < share;
}
