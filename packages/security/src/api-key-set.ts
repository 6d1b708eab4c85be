import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { apiKeyDigest, apiKeyId, pepperIdOf, type ApiKeyDigest } from './api-key-format.ts';
import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import { checkList, checkOptions } from './check-options.ts';
import type { OptionNames } from './options-problem.ts';
import type { Identity } from './identity.ts';
import { pepperKey } from './pepper.ts';
import { modelScopes } from './scope.ts';
import { SecurityError } from './security-error.ts';

/** Options of {@link ApiKeySet}. */
export interface ApiKeySetOptions {
  /** Secret that the digests were computed with, at least 32 bytes. */
  readonly pepper: string | Uint8Array;
  /** Records of the keys, for example from {@link parseApiKeys}. */
  readonly records: readonly ApiKeyRecord[];
  /**
   * Scopes that a key may have, such as `'admin'`, or `'infer:*'` for every scope of an action. A key with another one is refused.
   * @defaultValue `['infer:*', 'admin', 'metrics']`
   */
  readonly knownScopes?: readonly string[];
  /**
   * Clock, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

const optionNames: OptionNames<ApiKeySetOptions> = {
  pepper: 'required',
  records: 'required',
  knownScopes: 'optional',
  now: 'optional',
};

interface Entry {
  readonly digest: Buffer;
  readonly expiresAtMs: number;
  readonly identity: Identity;
}

/** One in use and one that replaces it; a third is usually a key that was not revoked. */
const maxActiveKeysPerClient = 2;

/**
 * Set of API keys, stored as digests; it can be replaced while requests run.
 *
 * @example
 * ```ts
 * import { ApiKeySet, createApiKey } from '@fairlead/security';
 *
 * const pepper = 'a secret of at least 32 bytes from a secret store';
 * const { key, record } = createApiKey({ pepper, client: 'acme', scopes: ['infer:*'] });
 * const keys = new ApiKeySet({ pepper, records: [record] });
 * console.log(keys.verify(key)?.client, keys.verify('fl_guess')); // acme undefined
 * ```
 */
export class ApiKeySet {
  readonly #digestOf: ApiKeyDigest;
  readonly #now: () => number;
  /** Scopes that a key may have. */
  readonly knownScopes: readonly string[];
  /** Compared when the id is unknown, so that the cost is the same; random, so that no key matches it. */
  readonly #unknownKey: Entry;
  #entries: ReadonlyMap<string, Entry>;
  /** Entries whose key was verified before, by the SHA-256 of the key: at most one for each record, until `replace`. */
  readonly #verified = new Map<string, Entry>();

  /**
   * @throws SecurityError `ERR_SECURITY_INVALID_OPTION` for a short pepper, `ERR_SECURITY_KEYS` for a wrong record, or when all keys
   * were created with another pepper.
   */
  constructor(options: ApiKeySetOptions) {
    const {
      pepper,
      records,
      knownScopes = modelScopes,
      now = Date.now,
    } = checkOptions('new ApiKeySet', options, optionNames);
    checkList('records', 'a list of key records', records);
    this.#digestOf = apiKeyDigest(pepperKey(pepper));
    this.knownScopes = knownScopes;
    this.#now = now;
    this.#unknownKey = {
      digest: randomBytes(32),
      expiresAtMs: Number.NEGATIVE_INFINITY,
      identity: { keyId: '', client: '', scopes: new Set() },
    };
    this.#entries = this.#index(records);
  }

  /**
   * Replaces all keys at once; if a record is wrong, the old keys stay.
   *
   * @throws SecurityError `ERR_SECURITY_KEYS` if a record is wrong, an id occurs twice, a client has more than two keys that haven't
   * expired, or all keys were created with another pepper.
   */
  replace(records: readonly ApiKeyRecord[]): void {
    this.#entries = this.#index(records);
    this.#verified.clear();
  }

  /**
   * Returns the identity of a key, or undefined if the key is malformed, unknown, wrong or expired.
   *
   * Every well-formed key that is refused costs one HMAC, one comparison of 32 bytes in constant time and one reading of the
   * clock, for every reason. A key that was accepted before is found by its hash, at an eighth of that cost; the
   * hash of a guess reveals nothing about the hash of a key.
   */
  verify(key: string): Identity | undefined {
    const id = apiKeyId(key);
    if (id === undefined) return undefined;
    const hashed = hash('sha256', key, 'base64');
    const now = this.#now();
    const known = this.#verified.get(hashed);
    if (known !== undefined && now < known.expiresAtMs) return known.identity;
    const entry = this.#entries.get(id) ?? this.#unknownKey;
    const isRight = timingSafeEqual(this.#digestOf(key), entry.digest);
    if (!isRight || now >= entry.expiresAtMs) return undefined;
    this.#verified.set(hashed, entry);
    return entry.identity;
  }

  /** Returns the identity of a client's keys: of one that hasn't expired; undefined for a client without one. */
  identityOf(client: string): Identity | undefined {
    const now = this.#now();
    for (const { identity, expiresAtMs } of this.#entries.values()) {
      if (identity.client === client && now < expiresAtMs) return identity;
    }
    return undefined;
  }

  #index(records: readonly ApiKeyRecord[]): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const activeKeys = new Map<string, number>();
    const nowMs = this.#now();
    records.forEach((record, index) => {
      checkApiKeyRecord(record, `keys[${index}]`, this.knownScopes);
      const { id, client, digest, scopes, expiresAt, limit, quotas } = record;
      if (entries.has(id)) {
        throw new SecurityError('ERR_SECURITY_KEYS', `keys[${index}].id: ${id} occurs twice.`);
      }
      const expiresAtMs =
        expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
      entries.set(id, {
        digest: Buffer.from(digest, 'base64url'),
        expiresAtMs,
        identity: Object.freeze({
          keyId: id,
          client,
          scopes: new Set(scopes),
          ...(limit === undefined ? {} : { limit }),
          ...(quotas === undefined ? {} : { quotas: Object.freeze({ ...quotas }) }),
        }),
      });
      if (nowMs >= expiresAtMs) return;
      const active = (activeKeys.get(client) ?? 0) + 1;
      activeKeys.set(client, active);
      if (active > maxActiveKeysPerClient) {
        throw new SecurityError(
          'ERR_SECURITY_KEYS',
          `keys[${index}]: client ${client} has more than ${maxActiveKeysPerClient} keys that haven't expired; remove one or let it expire.`,
        );
      }
    });
    this.#checkPepper(records);
    return entries;
  }

  /** Rejects records of which none can be verified; the pepper of some may have been replaced. */
  #checkPepper(records: readonly ApiKeyRecord[]): void {
    const own = pepperIdOf(this.#digestOf);
    const isUsable = ({ pepperId = own }: ApiKeyRecord): boolean => pepperId === own;
    if (records.length === 0 || records.some(isUsable)) return;
    throw new SecurityError(
      'ERR_SECURITY_KEYS',
      'keys: all were created with another pepper, so every key would be refused. Use the pepper of "fairlead key create", or create new keys with this one.',
    );
  }
}
