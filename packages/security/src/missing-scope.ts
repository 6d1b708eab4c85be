import type { Challenge } from './challenge.ts';
import { SecurityError } from './security-error.ts';

/** Creates the error for a key without the required scope. */
export function missingScope(challenge: Challenge, required: string): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_SCOPE',
    `This requires the scope ${JSON.stringify(required.slice(0, 200))}, which the key doesn't have.`,
    { headers: challenge('insufficient_scope', required) },
  );
}
