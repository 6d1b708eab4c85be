import { apiKeyDigest, generateApiKey } from './api-key-format.ts';
import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import { pepperKey } from './pepper.ts';

/** Settings of {@link createApiKey}. */
export interface CreateApiKeyOptions {
  /** The secret that all digests are made with, at least 32 bytes; keep it apart from the records. */
  readonly pepper: string | Uint8Array;
  /** Whose key it is. */
  readonly client: string;
  /** What the key allows, such as `infer:digits`, `infer:*`, `admin`, `metrics`. */
  readonly scopes: readonly string[];
  /**
   * From when on the key is refused.
   * @defaultValue never
   */
  readonly expiresAt?: Date;
  /**
   * Requests per rate-limit window.
   * @defaultValue the general limit
   */
  readonly limit?: number;
  /**
   * The clock, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

/** A new key. */
export interface CreatedApiKey {
  /** The key itself: show it once, store it nowhere. */
  readonly key: string;
  /** What to store. */
  readonly record: ApiKeyRecord;
}

/**
 * Makes a key with 256 random bits.
 *
 * @throws SecurityError `ERR_SECURITY_OPTION` for a short pepper, `ERR_SECURITY_KEYS` for a wrong client, scope, time or limit.
 */
export function createApiKey({
  pepper,
  client,
  scopes,
  expiresAt,
  limit,
  now = Date.now,
}: CreateApiKeyOptions): CreatedApiKey {
  const { id, key } = generateApiKey();
  const record: ApiKeyRecord = {
    id,
    client,
    digest: apiKeyDigest(pepperKey(pepper))(key).toString('base64url'),
    scopes: [...scopes],
    createdAt: new Date(now()).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(limit === undefined ? {} : { limit }),
  };
  checkApiKeyRecord(record, 'key');
  return { key, record };
}

/** `toISOString` throws a RangeError for an invalid date; the record's own check says which field it was. */
function isoTime(time: Date): string {
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
