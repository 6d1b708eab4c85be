import { isScope } from './scope.ts';
import { SecurityError } from './security-error.ts';

/** What is stored of a key: enough to recognise it, not enough to use it. */
export interface ApiKeyRecord {
  /** The public part of the key. */
  readonly id: string;
  /** Whose key it is. */
  readonly client: string;
  /** HMAC-SHA-256 of the key with the pepper, in base64url. */
  readonly digest: string;
  /** What the key allows, such as `infer:digits`, `infer:*`, `admin`, `metrics`. */
  readonly scopes: readonly string[];
  /** When it was made, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** From when on it is refused, ISO 8601 in UTC; without it, never. */
  readonly expiresAt?: string;
  /** Requests per rate-limit window, in place of the general limit. */
  readonly limit?: number;
}

type Check = (value: unknown) => boolean;

const checks = new Map<string, { readonly expected: string; readonly passes: Check }>([
  ['id', { expected: '12 characters of 0-9 a-z', passes: matches(/^[0-9a-z]{12}$/) }],
  [
    'client',
    {
      expected: '1 to 64 characters of A-Z a-z 0-9 . _ @ -, beginning with a letter or digit',
      passes: matches(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/),
    },
  ],
  ['digest', { expected: '32 bytes in base64url', passes: matches(/^[A-Za-z0-9_-]{43}$/) }],
  [
    'scopes',
    {
      expected: 'a list of scopes such as "infer:digits", "infer:*" or "admin"',
      passes: (value) =>
        Array.isArray(value) &&
        value.every((scope: unknown) => typeof scope === 'string' && isScope(scope)),
    },
  ],
  ['createdAt', { expected: 'a time such as "2030-01-31T00:00:00Z"', passes: isUtcTime }],
  [
    'expiresAt',
    {
      expected: 'a time such as "2030-01-31T00:00:00Z"',
      passes: (value) => value === undefined || isUtcTime(value),
    },
  ],
  [
    'limit',
    {
      expected: 'a whole number of requests, at least 1',
      passes: (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) > 0),
    },
  ],
]);

/**
 * Checks a record that came from outside; `where` leads the message, for example `keys[3]`.
 *
 * A field that isn't known is refused, because a misspelt `expiresAt` would be a key that never expires. The values
 * themselves are not repeated: somebody may have put a whole key where its digest belongs.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` that names the field.
 */
export function checkApiKeyRecord(value: unknown, where: string): asserts value is ApiKeyRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SecurityError('ERR_SECURITY_KEYS', `${where}: expected an object.`);
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of fields.keys()) {
    if (!checks.has(name)) {
      throw new SecurityError(
        'ERR_SECURITY_KEYS',
        `${where}: has an unknown field ${JSON.stringify(name.slice(0, 32))}; known are ${[...checks.keys()].join(', ')}.`,
      );
    }
  }
  for (const [name, { expected, passes }] of checks) {
    if (!passes(fields.get(name))) {
      throw new SecurityError('ERR_SECURITY_KEYS', `${where}.${name}: expected ${expected}.`);
    }
  }
}

function matches(pattern: RegExp): Check {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function isUtcTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(value)) return false;
  const time = new Date(value);
  // A date that doesn't exist, such as 31 February, is moved by Date instead of refused.
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === value.slice(0, 19);
}
