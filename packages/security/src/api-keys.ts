import type { IncomingMessage, ServerResponse } from 'node:http';
import { bearerChallenge } from './challenge.ts';
import { credentialOf } from './credential.ts';
import { setIdentity, type Identity } from './identity.ts';
import { keyMissing, keyRefused } from './key-errors.ts';
import type { Middleware, Next } from './middleware.ts';

/** Recognises credentials. */
export interface KeyVerifier {
  /** Who a key belongs to, or undefined if it is not to be accepted. */
  verify(key: string): Identity | undefined;
}

/** Settings of {@link apiKeys}. */
export interface ApiKeysOptions {
  /** Recognises a key; an {@link ApiKeySet} does. */
  readonly keys: KeyVerifier;
  /**
   * Whether a request without any key passes, as an anonymous one. A wrong key is refused all the same.
   * @defaultValue `false`
   */
  readonly optional?: boolean;
  /**
   * Requests whose credentials aren't looked at, for example {@link publicPaths} for health checks.
   * @defaultValue none
   */
  readonly isPublic?: (req: IncomingMessage) => boolean;
  /**
   * What the key is for, as named in `WWW-Authenticate`.
   * @defaultValue `'api'`
   */
  readonly realm?: string;
  /**
   * Called in place of the 401 for a request whose key is missing or refused, for example {@link rateLimit}, which counts by
   * the address: a request over the limit gets its 429, every other one still the 401. A right key is never
   * limited by the refused keys of others behind its address.
   * @defaultValue every such request gets the 401
   */
  readonly refusals?: Middleware;
}

/**
 * Makes the step that finds out who asks; {@link getIdentity} tells it to the steps after.
 *
 * A malformed, unknown, wrong or expired key gets one and the same answer.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` if the realm can't be quoted.
 */
export function apiKeys({
  keys,
  optional = false,
  isPublic = () => false,
  realm = 'api',
  refusals,
}: ApiKeysOptions): Middleware {
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
