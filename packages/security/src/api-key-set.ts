import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { apiKeyDigest, apiKeyId, type ApiKeyDigest } from './api-key-format.ts';
import { checkApiKeyRecord, type ApiKeyRecord } from './api-key-record.ts';
import type { Identity } from './identity.ts';
import { pepperKey } from './pepper.ts';
import { SecurityError } from './security-error.ts';

/** Settings of {@link ApiKeySet}. */
export interface ApiKeySetOptions {
  /** The secret that the digests were made with, at least 32 bytes. */
  readonly pepper: string | Uint8Array;
  /** The keys, for example from {@link parseApiKeys}. */
  readonly records: readonly ApiKeyRecord[];
  /**
   * The clock, in milliseconds since the epoch.
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
}

interface Entry {
  readonly digest: Buffer;
  readonly expiresAtMs: number;
  readonly identity: Identity;
}

/** One to use and one that replaces it; a third is a key that somebody forgot to revoke. */
const maxActiveKeysPerClient = 2;

/** The keys that are known, held as digests; they can be replaced while requests run. */
export class ApiKeySet {
  readonly #digestOf: ApiKeyDigest;
  readonly #now: () => number;
  /** Compared when the id is unknown, so that this takes the same work; random, so that nothing matches it. */
  readonly #nobody: Entry;
  #entries: ReadonlyMap<string, Entry>;
  /** Entries whose key was seen and verified, by the key's SHA-256: at most one for each record, until they are replaced. */
  readonly #verified = new Map<string, Entry>();

  /** @throws SecurityError `ERR_SECURITY_OPTION` for a short pepper, `ERR_SECURITY_KEYS` for a wrong record. */
  constructor({ pepper, records, now = Date.now }: ApiKeySetOptions) {
    this.#digestOf = apiKeyDigest(pepperKey(pepper));
    this.#now = now;
    this.#nobody = {
      digest: randomBytes(32),
      expiresAtMs: Number.NEGATIVE_INFINITY,
      identity: { keyId: '', client: '', scopes: new Set() },
    };
    this.#entries = this.#index(records);
  }

  /**
   * Takes the new keys in place of the old ones, all at once; wrong ones leave everything as it was.
   *
   * @throws SecurityError `ERR_SECURITY_KEYS` if a record is wrong, an id occurs twice or a client has more than two
   * keys that haven't expired.
   */
  replace(records: readonly ApiKeyRecord[]): void {
    this.#entries = this.#index(records);
    this.#verified.clear();
  }

  /**
   * Who a key belongs to, or undefined if it is malformed, unknown, wrong or expired.
   *
   * Every well-formed key that is refused costs one HMAC, one comparison of 32 bytes in constant time and one look at the
   * clock, whichever of these it is. One that was accepted before is found by its hash, at an eighth of that cost; the
   * hash of a guess tells nothing about the hash of a key.
   */
  verify(key: string): Identity | undefined {
    const id = apiKeyId(key);
    if (id === undefined) return undefined;
    const hashed = hash('sha256', key, 'base64');
    const now = this.#now();
    const known = this.#verified.get(hashed);
    if (known !== undefined && now < known.expiresAtMs) return known.identity;
    const entry = this.#entries.get(id) ?? this.#nobody;
    const isRight = timingSafeEqual(this.#digestOf(key), entry.digest);
    if (!isRight || now >= entry.expiresAtMs) return undefined;
    this.#verified.set(hashed, entry);
    return entry.identity;
  }

  #index(records: readonly ApiKeyRecord[]): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const activeKeys = new Map<string, number>();
    const nowMs = this.#now();
    records.forEach((record, index) => {
      checkApiKeyRecord(record, `keys[${index}]`);
      const { id, client, digest, scopes, expiresAt, limit } = record;
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
    return entries;
  }
}
