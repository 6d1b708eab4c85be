import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '../errors/registry-error.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { encodeRecord, MAX_RECORD_BYTES } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { hashesIn, once } from './hashes-in.ts';

/**
 * Folder of the deletion notices.
 *
 * The name is the one of version 0.1 and stays: writers of both releases in one fleet have to find each other's notices.
 */
export const DELETION_NOTICES = 'condemned';

/** Lifetime of a notice without a renewal; its garbage collection removes nothing after half of that. */
const LEASE_MS = 60_000;
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1000;

/** Milliseconds of a monotonic clock, which also advances while the process is suspended. */
export type MonotonicClock = () => number;

/** Announces which blobs a garbage collection is about to remove; has to be renewed to stay valid. */
export class DeletionNotice {
  readonly #store: ObjectStore;
  readonly #sha256s: readonly string[];
  readonly #clock: MonotonicClock;
  #key = '';
  #renewedAt = -Infinity;

  private constructor(store: ObjectStore, sha256s: readonly string[], clock: MonotonicClock) {
    this.#store = store;
    this.#sha256s = sha256s;
    this.#clock = clock;
  }

  /** Announces that `sha256s` will be removed unless a lease or a record references them. */
  static async announce(
    store: ObjectStore,
    sha256s: readonly string[],
    clock: MonotonicClock,
  ): Promise<DeletionNotice> {
    const notice = new DeletionNotice(store, sha256s, clock);
    await notice.#write();
    return notice;
  }

  /**
   * Ensures, before each removal, that all writers still wait for the notice; renews it in time.
   *
   * @throws RegistryError `ERR_REGISTRY_STORE_UNAVAILABLE` when the process was suspended for longer than half of the lease.
   */
  async hold(): Promise<void> {
    const elapsed = this.#clock() - this.#renewedAt;
    if (elapsed > LEASE_MS / 2) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE_UNAVAILABLE',
        `garbage collection was suspended for ${Math.round(elapsed)} ms and can't continue safely; run it again`,
      );
    }
    if (elapsed < LEASE_MS / 6) return;
    const old = this.#key;
    await this.#write();
    await this.#store.remove(old);
  }

  /** Ends the notice, when each of its blobs was removed or stays. */
  close(): Promise<void> {
    return this.#store.remove(this.#key);
  }

  async #write(): Promise<void> {
    const since = this.#clock();
    const nonce = randomUUID();
    const key = `${DELETION_NOTICES}/${nonce}.json`;
    const at = new Date().toISOString();
    const record = { formatVersion: FORMAT_VERSION, at, nonce, blobs: this.#sha256s };
    await this.#store.create(key, encodeRecord(record));
    this.#key = key;
    this.#renewedAt = since;
  }
}

/** Waits until no deletion notice contains one of `sha256s`; expired notices are removed. */
export async function waitUntilSpared(
  store: ObjectStore,
  sha256s: ReadonlySet<string>,
): Promise<void> {
  /** By the clock of this host: the clocks of hosts differ. */
  const firstSeen = new Map<string, number>();
  const harmless = new Set<string>();
  for (let pauseMs = MIN_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    let waits = false;
    for (const { name, kind } of await store.list(DELETION_NOTICES)) {
      const key = `${DELETION_NOTICES}/${name}`;
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
