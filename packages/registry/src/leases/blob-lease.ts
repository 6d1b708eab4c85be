import { randomUUID } from 'node:crypto';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { waitUntilSpared } from './deletion-notice.ts';

/** Folder of the leases, named as in version 0.1: writers of both releases in one fleet have to find each other's leases. */
export const BLOB_LEASES = 'claims';

/** Lifetime of a lease; its holder renews it after half of that. */
export const BLOB_LEASE_MS = 24 * 60 * 60 * 1000;

/** A lease on blobs that a new record will reference. */
export interface BlobLease {
  /** Renews the lease after half of its lifetime; resolves to true if it did: then all earlier checks have to be repeated. */
  readonly renew: () => Promise<boolean>;
}

/**
 * Leases the blobs `sha256s` while `work` runs, because a new record will reference them: garbage collection doesn't remove
 * them.
 *
 * A lease is written before checking for deletion notices, and a deletion notice before checking for leases: at least one of
 * the two processes finds the other. Leases of killed processes expire.
 */
export async function withBlobLease<T>(
  store: ObjectStore,
  sha256s: readonly string[],
  work: (lease: BlobLease) => Promise<T>,
  now: () => Date = () => new Date(),
): Promise<T> {
  if (sha256s.length === 0) return work({ renew: () => Promise.resolve(false) });
  let key = '';
  let writtenAt = 0;
  const write = async (): Promise<void> => {
    const at = now();
    writtenAt = at.getTime();
    const nonce = randomUUID();
    key = `${BLOB_LEASES}/${nonce}.json`;
    const record = { formatVersion: FORMAT_VERSION, at: at.toISOString(), nonce, blobs: sha256s };
    await store.create(key, encodeRecord(record));
    await waitUntilSpared(store, new Set(sha256s));
  };
  // A lease that can't be removed without permission expires.
  const release = (lease: string): Promise<void> => store.remove(lease).catch(() => undefined);

  try {
    await write();
    return await work({
      async renew() {
        if (now().getTime() - writtenAt < BLOB_LEASE_MS / 2) return false;
        const old = key;
        await write();
        await release(old);
        return true;
      },
    });
  } finally {
    await release(key);
  }
}
