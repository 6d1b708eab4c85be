import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FORMAT_VERSION } from '../records/record-schema.ts';
import { MAX_RECORD_BYTES, encodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { hashesIn, once } from './hashes-in.ts';

/** Folder of the condemnations. */
export const CONDEMNED = 'condemned';

/** Whose condemnation wasn't renewed for that long is taken for dead; it removes nothing after half of that. */
const LEASE_MS = 60_000;
const FIRST_PAUSE_MS = 20;
const GREATEST_PAUSE_MS = 1000;

/** A garbage collection's announcement of which blobs it is about to remove; it has to be renewed to stay valid. */
export class Condemnation {
  readonly #store: ObjectStore;
  readonly #sha256s: readonly string[];
  #key = '';
  #renewedAt = -Infinity;

  private constructor(store: ObjectStore, sha256s: readonly string[]) {
    this.#store = store;
    this.#sha256s = sha256s;
  }

  /** Announces that `sha256s` will be removed unless a claim or a record names them. */
  static async announce(store: ObjectStore, sha256s: readonly string[]): Promise<Condemnation> {
    const condemnation = new Condemnation(store, sha256s);
    await condemnation.#write();
    return condemnation;
  }

  /**
   * Makes sure, before each removal, that everyone still waits for it.
   *
   * @throws RegistryError `ERR_REGISTRY_STORE_UNAVAILABLE` when this process stood still for too long.
   */
  async hold(): Promise<void> {
    const elapsed = performance.now() - this.#renewedAt;
    if (elapsed > LEASE_MS / 2) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE_UNAVAILABLE',
        `garbage collection stood still for ${Math.round(elapsed)} ms and can't go on safely; run it again`,
      );
    }
    if (elapsed < LEASE_MS / 6) return;
    const old = this.#key;
    await this.#write();
    await this.#store.remove(old);
  }

  /** Ends it: everything that it was going to remove is removed or spared. */
  close(): Promise<void> {
    return this.#store.remove(this.#key);
  }

  async #write(): Promise<void> {
    const since = performance.now();
    const nonce = randomUUID();
    const key = `${CONDEMNED}/${nonce}.json`;
    const at = new Date().toISOString();
    const record = { formatVersion: FORMAT_VERSION, at, nonce, blobs: this.#sha256s };
    await this.#store.create(key, encodeRecord(record));
    this.#key = key;
    this.#renewedAt = since;
  }
}

/** Waits until no condemnation names one of `sha256s`; those of dead collections are removed on the way. */
export async function awaitAcquittal(
  store: ObjectStore,
  sha256s: ReadonlySet<string>,
): Promise<void> {
  /** By this host's clock alone: the clocks of hosts differ. */
  const firstSeen = new Map<string, number>();
  const harmless = new Set<string>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, GREATEST_PAUSE_MS)) {
    let waits = false;
    for (const { name, kind } of await store.list(CONDEMNED)) {
      const key = `${CONDEMNED}/${name}`;
      if (kind !== 'object' || harmless.has(key)) continue;
      const seen = firstSeen.get(key);
      if (seen !== undefined && performance.now() - seen > LEASE_MS) {
        await store.remove(key);
        continue;
      }
      if (seen === undefined) {
        if (!(await names(store, key, sha256s))) {
          harmless.add(key);
          continue;
        }
        firstSeen.set(key, performance.now());
      }
      waits = true;
    }
    if (!waits) return;
    await sleep(pauseMs);
  }
}

async function names(
  store: ObjectStore,
  key: string,
  sha256s: ReadonlySet<string>,
): Promise<boolean> {
  const bytes = await store.read(key, { maxBytes: MAX_RECORD_BYTES });
  if (bytes === undefined) return false;
  for await (const hash of hashesIn(once(bytes), sha256s)) return hash !== '';
  return false;
}
