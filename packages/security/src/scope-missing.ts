import type { Challenge } from './challenge.ts';
import { SecurityError } from './security-error.ts';

/** The error for a key that lacks the scope that is needed. */
export function scopeMissing(challenge: Challenge, needed: string): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_SCOPE',
    `This needs the scope ${JSON.stringify(needed.slice(0, 200))}, which the key doesn't have.`,
    { headers: challenge('insufficient_scope', needed) },
  );
}
