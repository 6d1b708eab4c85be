import type { IncomingMessage } from 'node:http';
import { countHeader } from './raw-headers.ts';
import { SecurityError } from './security-error.ts';

const scheme = 'bearer ';

/** Credentials of a call, each header as often as it was sent. */
export interface Credentials {
  /** Values of `Authorization`. */
  readonly authorization?: readonly string[];
  /** Values of `X-Api-Key`. */
  readonly apiKey?: readonly string[];
}

/**
 * Returns the credential of a request, from `Authorization: Bearer …` or `X-Api-Key`; undefined if there is none.
 *
 * An `Authorization` of another scheme yields an empty string, which no verifier accepts.
 *
 * @throws SecurityError `ERR_SECURITY_CREDENTIALS_AMBIGUOUS` if there is more than one: a proxy in front may have
 * checked the other one.
 */
export function credentialOf(req: IncomingMessage): string | undefined {
  const { authorization } = req.headers;
  const apiKey = req.headers['x-api-key'];
  if (
    (authorization !== undefined && apiKey !== undefined) ||
    countHeader(req, 'authorization') > 1 ||
    countHeader(req, 'x-api-key') > 1
  ) {
    throw ambiguous();
  }
  return choose(authorization, apiKey);
}

/** Returns the credential of a call that has no `node:http` request. */
export function readCredential({
  authorization = [],
  apiKey = [],
}: Credentials): string | undefined {
  if (authorization.length + apiKey.length > 1) throw ambiguous();
  return choose(authorization[0], apiKey[0]);
}

function choose(
  authorization: string | undefined,
  apiKey: string | readonly string[] | undefined,
): string | undefined {
  if (authorization) return bearerToken(authorization);
  return typeof apiKey === 'string' && apiKey !== '' ? apiKey : undefined;
}

/** Compares rather than matches a pattern, because this runs for every request. */
function bearerToken(authorization: string): string {
  if (authorization.slice(0, scheme.length).toLowerCase() !== scheme) return '';
  const token = authorization.slice(scheme.length).trimStart();
  return /\s/.test(token) ? '' : token;
}

function ambiguous(): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_CREDENTIALS_AMBIGUOUS',
    'More than one credential was sent; send one Authorization or one X-Api-Key header.',
  );
}
