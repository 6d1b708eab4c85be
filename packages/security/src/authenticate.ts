import type { KeyVerifier } from './api-keys.ts';
import { bearerChallenge } from './challenge.ts';
import { readCredential, type Credentials } from './credential.ts';
import type { Identity } from './identity.ts';
import { keyMissing, keyRefused } from './key-errors.ts';
import { missingScope } from './missing-scope.ts';
import { allowsScope } from './scope.ts';

const challenge = bearerChallenge('api');

/**
 * Authenticates a call without a `node:http` request, as over gRPC; {@link apiKeys} does it for requests.
 *
 * @throws SecurityError `ERR_SECURITY_KEY_MISSING`, `ERR_SECURITY_KEY_REFUSED` for a malformed, unknown, wrong or expired
 * key, or `ERR_SECURITY_CREDENTIALS_AMBIGUOUS` if more than one was sent.
 *
 * @example
 * ```ts
 * import { ApiKeySet, authenticate, createApiKey } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { key, record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:*'] });
 * const keys = new ApiKeySet({ pepper, records: [record] });
 * console.log(authenticate(keys, { apiKey: [key] }).client); // acme
 * ```
 */
export function authenticate(keys: KeyVerifier, credentials: Credentials): Identity {
  const credential = readCredential(credentials);
  if (credential === undefined) throw keyMissing(challenge);
  const identity = keys.verify(credential);
  if (identity === undefined) throw keyRefused(challenge);
  return identity;
}

/**
 * Returns whether a key has the scope: `infer:*` includes `infer:digits`.
 *
 * @example
 * ```ts
 * import { hasScope } from '@fairlead/security';
 *
 * const identity = { keyId: 'a', client: 'acme', scopes: new Set(['infer:*']) };
 * console.log(hasScope(identity, 'infer:digits'), hasScope(identity, 'admin')); // true false
 * ```
 */
export function hasScope({ scopes }: Identity, scope: string): boolean {
  return allowsScope(scopes, scope);
}

/**
 * Requires that a key has the scope: `infer:*` includes `infer:digits`.
 *
 * @throws SecurityError `ERR_SECURITY_SCOPE` naming the scope.
 *
 * @example
 * ```ts
 * import { checkScope } from '@fairlead/security';
 *
 * const identity = { keyId: 'a', client: 'acme', scopes: new Set(['infer:*']) };
 * checkScope(identity, 'infer:digits');
 * try {
 *   checkScope(identity, 'admin');
 * } catch (error) {
 *   console.log((error as { code: string }).code); // ERR_SECURITY_SCOPE
 * }
 * ```
 */
export function checkScope({ scopes }: Identity, scope: string): void {
  if (!allowsScope(scopes, scope)) throw missingScope(challenge, scope);
}
