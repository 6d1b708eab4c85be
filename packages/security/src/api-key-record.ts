import { quotasProblem, type Quotas } from './quotas.ts';
import { modelScopes, scopeProblem } from './scope.ts';
import { SecurityError } from './security-error.ts';

/** Stored form of a key: enough to recognize the key, not enough to use it. */
export interface ApiKeyRecord {
  /** The public part of the key. */
  readonly id: string;
  /** Client that the key belongs to. */
  readonly client: string;
  /** HMAC-SHA-256 of the key with the pepper, in base64url. */
  readonly digest: string;
  /** Identifies the pepper of the digest, so that a gateway with another pepper says so; missing in records of version 0.1. */
  readonly pepperId?: string;
  /** Scopes of the key, such as `infer:digits`, `infer:*`, `admin`, `metrics`. */
  readonly scopes: readonly string[];
  /** Time of creation, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** Time from which the key is refused, ISO 8601 in UTC; a key without it never expires. */
  readonly expiresAt?: string;
  /** Requests per rate-limit window, in place of the general limit. */
  readonly limit?: number;
  /** Quotas of the client in a day and a month, in place of the general ones. */
  readonly quotas?: Quotas;
}

/** Describes what is wrong with the value of a field; undefined if nothing is. */
type Check = (value: unknown, knownScopes: readonly string[]) => string | undefined;

const utcTime = 'expected a time such as "2030-01-31T00:00:00Z"';

const checks = new Map<string, Check>([
  ['id', matches(/^[0-9a-z]{12}$/, '12 characters of 0-9 a-z')],
  [
    'client',
    matches(
      /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/,
      '1 to 64 characters of A-Z a-z 0-9 . _ @ -, beginning with a letter or digit',
    ),
  ],
  ['digest', matches(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url')],
  ['pepperId', optional(matches(/^[A-Za-z0-9_-]{12}$/, '12 characters in base64url'))],
  ['scopes', scopesProblem],
  ['createdAt', (value) => (isUtcTime(value) ? undefined : utcTime)],
  ['expiresAt', optional((value) => (isUtcTime(value) ? undefined : utcTime))],
  [
    'limit',
    optional((value) =>
      Number.isSafeInteger(value) && Number(value) > 0
        ? undefined
        : 'expected a whole number of requests, at least 1',
    ),
  ],
  ['quotas', optional(quotasProblem)],
]);

/**
 * Checks a record of unknown origin; the message begins with `path`, for example `keys[3]`.
 *
 * An unknown field is refused, because a misspelled `expiresAt` would be a key that never expires; so is an unknown scope, which
 * would allow nothing. Values are not repeated: a whole key may stand where its digest belongs.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` that names the field.
 */
export function checkApiKeyRecord(
  value: unknown,
  path: string,
  knownScopes: readonly string[] = modelScopes,
): asserts value is ApiKeyRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SecurityError('ERR_SECURITY_KEYS', `${path}: expected an object.`);
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of fields.keys()) {
    if (!checks.has(name)) {
      throw new SecurityError(
        'ERR_SECURITY_KEYS',
        `${path}: has an unknown field ${JSON.stringify(name.slice(0, 32))}; known are ${[...checks.keys()].join(', ')}.`,
      );
    }
  }
  for (const [name, check] of checks) {
    const problem = check(fields.get(name), knownScopes);
    if (problem !== undefined) {
      throw new SecurityError('ERR_SECURITY_KEYS', `${path}.${name}: ${problem}.`);
    }
  }
}

function matches(pattern: RegExp, expected: string): Check {
  return (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `expected ${expected}`;
}

function optional(check: Check): Check {
  return (value, knownScopes) => (value === undefined ? undefined : check(value, knownScopes));
}

function scopesProblem(value: unknown, knownScopes: readonly string[]): string | undefined {
  if (!Array.isArray(value)) return 'expected a list of scopes such as ["infer:*"]';
  for (const scope of value as readonly unknown[]) {
    if (typeof scope !== 'string') return 'expected a list of scopes such as ["infer:*"]';
    const problem = scopeProblem(scope, knownScopes);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isUtcTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(value)) return false;
  const time = new Date(value);
  // A date that doesn't exist, such as 31 February, is moved by Date instead of refused.
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === value.slice(0, 19);
}
