import type { IncomingMessage, ServerResponse } from 'node:http';
import { bearerChallenge } from './challenge.ts';
import { checkOptions, rejectOption } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import { getIdentity } from './identity.ts';
import type { Middleware, Next } from './middleware.ts';
import { missingScope } from './missing-scope.ts';
import { allowsScope, isScope } from './scope.ts';
import { SecurityError } from './security-error.ts';

/** Options of {@link requiredScope}. */
export interface RequiredScopeOptions {
  /**
   * Realm in the header `WWW-Authenticate`, as in {@link apiKeys}.
   * @defaultValue `'api'`
   */
  readonly realm?: string;
}

const optionNames: OptionNames<RequiredScopeOptions> = { realm: 'optional' };

/**
 * Creates middleware that requires a scope of the key: `infer:*` includes `infer:digits`.
 *
 * The scope is a constant or depends on the request; undefined means that this request requires none. A request without
 * an identity gets 401, one whose key lacks the scope 403.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if the scope is neither a function nor a text such as `infer:digits`.
 *
 * @example
 * ```ts
 * import { chain, requiredScope } from '@fairlead/security';
 *
 * const admin = chain(requiredScope('admin'), (_req, res) => res.end('done'));
 * console.log(admin.length); // 3
 * ```
 */
export function requiredScope(
  scope: string | ((req: IncomingMessage) => string | undefined),
  options: RequiredScopeOptions = {},
): Middleware {
  const { realm = 'api' } = checkOptions('requiredScope', options, optionNames);
  if (typeof scope !== 'function' && !(typeof scope === 'string' && isScope(scope))) {
    rejectOption('scope', 'a scope such as "infer:digits", or a function that returns one', scope);
  }
  const challenge = bearerChallenge(realm);
  const scopeOf = typeof scope === 'string' ? () => scope : scope;
  return function requiredScopeMiddleware(req: IncomingMessage, _res: ServerResponse, next: Next) {
    const required = scopeOf(req);
    next(required === undefined ? undefined : refusalOf(req, required));
  };

  function refusalOf(req: IncomingMessage, required: string): SecurityError | undefined {
    const identity = getIdentity(req);
    if (identity === undefined) {
      return new SecurityError('ERR_SECURITY_KEY_MISSING', 'An API key is required.', {
        headers: challenge(),
      });
    }
    if (allowsScope(identity.scopes, required)) return undefined;
    return missingScope(challenge, required);
  }
}
