import type { Challenge } from './challenge.ts';
import { SecurityError } from './security-error.ts';

const howTo = 'Send a valid API key as "Authorization: Bearer fl_…" or in the header X-Api-Key.';

/** Creates the one error for keys that are malformed, unknown, wrong or expired. */
export function keyRefused(challenge: Challenge): SecurityError {
  return new SecurityError('ERR_SECURITY_KEY_REFUSED', `The key was not accepted. ${howTo}`, {
    headers: challenge('invalid_token'),
  });
}

/** Creates the error for a request without a key where one is required. */
export function keyMissing(challenge: Challenge): SecurityError {
  return new SecurityError('ERR_SECURITY_KEY_MISSING', `An API key is required. ${howTo}`, {
    headers: challenge(),
  });
}
