import type { IncomingMessage, ServerResponse } from 'node:http';
import { bearerChallenge } from './challenge.ts';
import { getIdentity } from './identity.ts';
import type { Middleware, Next } from './middleware.ts';
import { allowsScope } from './scope.ts';
import { scopeMissing } from './scope-missing.ts';
import { SecurityError } from './security-error.ts';

/** Settings of {@link requireScope}. */
export interface RequireScopeOptions {
  /**
   * As in {@link apiKeys}.
   * @defaultValue `'api'`
   */
  readonly realm?: string;
}

/**
 * Makes the step that lets only those pass whose key has the scope: `infer:*` is enough for `infer:digits`.
 *
 * The scope is a constant or depends on the request; undefined means that this request needs none. A request without
 * an identity gets 401, one whose key lacks the scope 403.
 */
export function requireScope(
  scope: string | ((req: IncomingMessage) => string | undefined),
  { realm = 'api' }: RequireScopeOptions = {},
): Middleware {
  const challenge = bearerChallenge(realm);
  const scopeOf = typeof scope === 'string' ? () => scope : scope;
  return function requireScopeMiddleware(req: IncomingMessage, _res: ServerResponse, next: Next) {
    const needed = scopeOf(req);
    next(needed === undefined ? undefined : refusalOf(req, needed));
  };

  function refusalOf(req: IncomingMessage, needed: string): SecurityError | undefined {
    const identity = getIdentity(req);
    if (identity === undefined) {
      return new SecurityError('ERR_SECURITY_KEY_MISSING', 'An API key is needed here.', {
        headers: challenge(),
      });
    }
    if (allowsScope(identity.scopes, needed)) return undefined;
    return scopeMissing(challenge, needed);
  }
}
