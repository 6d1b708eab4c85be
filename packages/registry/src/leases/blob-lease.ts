import { randomUUID } from 'node:crypto';
import { FORMAT_VERSION } from '../records/record-schema.ts';
import { encodeRecord } from '../records/stored-record.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { awaitAcquittal } from './deletion-notice.ts';

/** Folder of the claims. */
export const CLAIMS = 'claims';

/** After that long nobody stands behind a claim any more: whoever works on renews it in half of that. */
export const CLAIM_LIFE_MS = 24 * 60 * 60 * 1000;

/** What a claim lets its holder do. */
export interface Claim {
  /**
   * Renews the claim when it is getting old; resolves to whether it was, and what was checked before is to be checked
   * again.
   */
  readonly renew: () => Promise<boolean>;
}

/**
 * Says that the blobs `sha256s` are about to be named by a record, for as long as `work` runs: garbage collection
 * leaves them alone.
 *
 * A claim is made before it is looked for a condemnation, and a condemnation before it is looked for claims: of the two,
 * at least one sees the other. Claims that were left behind by whoever was killed expire.
 */
export async function withClaim<T>(
  store: ObjectStore,
  sha256s: readonly string[],
  work: (claim: Claim) => Promise<T>,
): Promise<T> {
  if (sha256s.length === 0) return work({ renew: () => Promise.resolve(false) });
  let key = '';
  let madeAt = 0;
  const make = async (): Promise<void> => {
    madeAt = Date.now();
    const nonce = randomUUID();
    const at = new Date(madeAt).toISOString();
    key = `${CLAIMS}/${nonce}.json`;
    await store.create(
      key,
      encodeRecord({ formatVersion: FORMAT_VERSION, at, nonce, blobs: sha256s }),
    );
    await awaitAcquittal(store, new Set(sha256s));
  };
  // What can't be removed, for want of a permission, expires.
  const release = (claim: string): Promise<void> => store.remove(claim).catch(() => undefined);

  try {
    await make();
    return await work({
      async renew() {
        if (Date.now() - madeAt < CLAIM_LIFE_MS / 2) return false;
        const old = key;
        await make();
        await release(old);
        return true;
      },
    });
  } finally {
    await release(key);
  }
}
