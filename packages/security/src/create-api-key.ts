import { apiKeyDigest, generateApiKey, pepperIdOf } from './api-key-format.ts';
import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import { checkList, checkOptions } from './check-options.ts';
import type { Quotas } from './quotas.ts';
import type { OptionNames } from './options-problem.ts';
import { pepperKey } from './pepper.ts';
import { modelScopes } from './scope.ts';

/** Options of {@link createApiKey}. */
export interface CreateApiKeyOptions {
  /** Secret that all digests are computed with, at least 32 bytes; store it apart from the records. */
  readonly pepper: string | Uint8Array;
  /** Client that the key belongs to. */
  readonly client: string;
  /** Scopes of the key, such as `infer:digits`, `infer:*`, `admin`, `metrics`. */
  readonly scopes: readonly string[];
  /**
   * Scopes that a key may have, such as `'admin'`, or `'infer:*'` for every scope of an action.
   * @defaultValue `['infer:*', 'admin', 'metrics']`
   */
  readonly knownScopes?: readonly string[];
  /**
   * Time from which the key is refused.
   * @defaultValue never
   */
  readonly expiresAt?: Date;
  /**
   * Requests per rate-limit window.
   * @defaultValue the general limit
   */
  readonly limit?: number;
  /**
   * Quotas of the client in a day and a month, such as `{ requestsPerDay: 10_000 }`.
   * @defaultValue the general quotas
   */
  readonly quotas?: Quotas;
  /**
   * Clock, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<CreateApiKeyOptions> = {
  pepper: 'required',
  client: 'required',
  scopes: 'required',
  knownScopes: 'optional',
  expiresAt: 'optional',
  limit: 'optional',
  quotas: 'optional',
  now: 'optional',
};

/** New key. */
export interface CreatedApiKey {
  /** The key itself: show it once, don't store it. */
  readonly key: string;
  /** Record to store. */
  readonly record: ApiKeyRecord;
}

/**
 * Creates a key with 256 random bits.
 *
 * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` for a short pepper, `ERR_SECURITY_KEYS` for a wrong client, time or limit, or
 * a scope that isn't known, such as `infre:*`.
 *
 * @example
 * ```ts
 * import { createApiKey } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { key, record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:digits'] });
 * console.log(key.startsWith(`fl_${record.id}_`), record.scopes); // true [ 'infer:digits' ]
 * ```
 */
export function createApiKey(options: CreateApiKeyOptions): CreatedApiKey {
  const {
    pepper,
    client,
    scopes,
    knownScopes = modelScopes,
    expiresAt,
    limit,
    quotas,
    now = Date.now,
  } = checkOptions('createApiKey', options, optionNames);
  checkList('scopes', 'a list such as ["infer:*"]', scopes);
  const { id, key } = generateApiKey();
  const digestOf = apiKeyDigest(pepperKey(pepper));
  const record: ApiKeyRecord = {
    id,
    client,
    digest: digestOf(key).toString('base64url'),
    pepperId: pepperIdOf(digestOf),
    scopes: [...scopes],
    createdAt: new Date(now()).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(limit === undefined ? {} : { limit }),
    ...(quotas === undefined ? {} : { quotas }),
  };
  checkApiKeyRecord(record, 'key', knownScopes);
  return { key, record };
}

/** `toISOString` throws a RangeError for an invalid date; the check of the record names the field. */
function isoTime(time: Date): string {
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
