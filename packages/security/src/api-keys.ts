import type { IncomingMessage, ServerResponse } from 'node:http';
import { bearerChallenge } from './challenge.ts';
import { checkMethod, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { credentialOf } from './credential.ts';
import { setIdentity, type Identity } from './identity.ts';
import { keyMissing, keyRefused } from './key-errors.ts';
import type { Middleware, Next } from './middleware.ts';

/** Verifies credentials. */
export interface KeyVerifier {
  /** Returns the identity of a key, or undefined if the key is not accepted. */
  verify(key: string): Identity | undefined;
}

/** Options of {@link apiKeys}. */
export interface ApiKeysOptions {
  /** Verifies keys, such as an {@link ApiKeySet}. */
  readonly keys: KeyVerifier;
  /**
   * Accepts a request without a key as anonymous. A wrong key is refused even then.
   * @defaultValue `false`
   */
  readonly optional?: boolean;
  /**
   * Selects requests whose credentials aren't checked, for example {@link publicPaths} for health checks.
   * @defaultValue none
   */
  readonly isPublic?: (req: IncomingMessage) => boolean;
  /**
   * Realm in the header `WWW-Authenticate`.
   * @defaultValue `'api'`
   */
  readonly realm?: string;
  /**
   * Called before the 401 for a request whose key is missing or refused, for example {@link rateLimit}, which counts by
   * address: a request over the limit gets 429, every other one still the 401. A right key is never
   * limited by the refused keys of other clients behind its address.
   * @defaultValue every such request gets the 401
   */
  readonly refusals?: Middleware;
}

const optionNames: OptionNames<ApiKeysOptions> = {
  keys: 'required',
  optional: 'optional',
  isPublic: 'optional',
  realm: 'optional',
  refusals: 'optional',
};

/**
 * Creates the authentication middleware; {@link getIdentity} returns what it found.
 *
 * A malformed, unknown, wrong or expired key gets one and the same response.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if the realm can't be quoted.
 *
 * @example
 * ```ts
 * import { ApiKeySet, apiKeys, publicPaths } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const keys = new ApiKeySet({ pepper, records: [] });
 * const middleware = apiKeys({ keys, isPublic: publicPaths('/health') });
 * console.log(middleware.length); // 3
 * ```
 */
export function apiKeys(options: ApiKeysOptions): Middleware {
  const {
    keys,
    optional = false,
    isPublic = () => false,
    realm = 'api',
    refusals,
  } = checkOptions('apiKeys', options, optionNames);
  checkMethod('keys', keys, 'verify');
  const challenge = bearerChallenge(realm);
  return function apiKeysMiddleware(req: IncomingMessage, res: ServerResponse, next: Next) {
    if (isPublic(req)) {
      next();
      return;
    }
    let refusal: unknown;
    try {
      const credential = credentialOf(req);
      const identity = credential === undefined ? undefined : keys.verify(credential);
      if (identity !== undefined) setIdentity(req, identity);
      else if (credential !== undefined) refusal = keyRefused(challenge);
      else if (!optional) refusal = keyMissing(challenge);
    } catch (error) {
      refusal = error;
    }
    if (refusal === undefined || refusals === undefined) {
      next(refusal);
      return;
    }
    refusals(req, res, (error) => {
      next(error ?? refusal);
    });
  };
}
