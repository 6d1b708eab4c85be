import { rejectOption } from './check-options.ts';

/** Formats a `WWW-Authenticate` header of the Bearer scheme (RFC 6750, 3), with an error code where one is given. */
export type Challenge = (
  error?: 'invalid_token' | 'insufficient_scope',
  scope?: string,
) => {
  readonly 'WWW-Authenticate': string;
};

/** The characters of a scope-token, RFC 6749, 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

/**
 * Returns the function that formats challenges for a realm.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` if the realm has characters that a quoted string cannot hold.
 */
export function bearerChallenge(realm: string): Challenge {
  if (typeof realm !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(realm)) {
    rejectOption('realm', '1 to 64 printable ASCII characters without " and \\', realm);
  }
  return (error, scope) => {
    let value = `Bearer realm="${realm}"`;
    if (error !== undefined) value += `, error="${error}"`;
    if (scope !== undefined && scopeToken.test(scope)) value += `, scope="${scope}"`;
    return { 'WWW-Authenticate': value };
  };
}
