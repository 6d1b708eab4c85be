import { BLOBS, blobKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { CLAIM_LIFE_MS, CLAIMS } from '../leases/blob-lease.ts';
import { Condemnation } from '../leases/deletion-notice.ts';
import { NameMarker } from './reference-scan.ts';

/** How garbage is collected. */
export interface CollectGarbageOptions {
  /**
   * Only say what would be removed.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
  /**
   * Spare what was written less than that long ago, in milliseconds.
   *
   * @defaultValue 86400000 (a day)
   */
  readonly graceMs?: number;
}

/** What a garbage collection did, or would do. */
export interface GarbageReport {
  readonly dryRun: boolean;
  /** SHA-256 of each blob that was removed, or would be. */
  readonly removed: readonly string[];
  /** Bytes of these blobs. */
  readonly removedBytes: number;
  /** How many blobs nothing names, which are too young to go. */
  readonly young: number;
  /** How many blobs stay because something names them. */
  readonly kept: number;
  /** Leftovers of interrupted writes that were removed. */
  readonly leftovers: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** So that nobody has to wait for long, and a condemnation is one small object. */
const BATCH = 500;

/**
 * Removes the blobs that no manifest and nothing else names: of pushes that were interrupted, and of pruned versions.
 *
 * Safe beside pushes, imports and changes of aliases, and beside another collection: what is about to be named is
 * claimed, and whoever needs what is about to go waits, and writes it anew.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT` while a record isn't as it was written, `ERR_REGISTRY_INVALID_ARGUMENT`
 */
export async function collectGarbage(
  store: ObjectStore,
  { dryRun = false, graceMs = DAY_MS }: CollectGarbageOptions = {},
): Promise<GarbageReport> {
  if (!(graceMs >= 0)) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_ARGUMENT',
      `graceMs is ${graceMs}: it has to be a number of milliseconds from 0 up`,
    );
  }
  const blobs = (await store.list(BLOBS))
    .filter(({ name, kind }) => kind === 'object' && /^[0-9a-f]{64}$/.test(name))
    .map(({ name }) => name);
  const marker = new NameMarker(store, blobs);
  await marker.look(() => Promise.resolve());

  const ripe: string[] = [];
  const sizes = new Map<string, number>();
  for (const sha256 of marker.unnamed) {
    const age = await store.age(blobKey(sha256));
    if (age === undefined || age < graceMs) continue;
    sizes.set(sha256, (await store.size(blobKey(sha256))) ?? 0);
    ripe.push(sha256);
  }
  const young = marker.unnamed.size - ripe.length;
  const removed = dryRun ? ripe : await removeAll(store, marker, ripe);
  return {
    dryRun,
    removed,
    removedBytes: removed.reduce((sum, sha256) => sum + (sizes.get(sha256) ?? 0), 0),
    young,
    kept: blobs.length - young - removed.length,
    leftovers: dryRun ? 0 : (await store.sweep(DAY_MS)) + (await sweepClaims(store)),
  };
}

async function removeAll(
  store: ObjectStore,
  marker: NameMarker,
  ripe: readonly string[],
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (let start = 0; start < ripe.length; start += BATCH) {
    const batch = ripe.slice(start, start + BATCH);
    const condemnation = await Condemnation.announce(store, batch);
    try {
      // Who began before the announcement is found now; who begins after it waits for its end.
      await marker.look(() => condemnation.hold());
      for (const sha256 of batch.filter((candidate) => marker.unnamed.has(candidate))) {
        await condemnation.hold();
        await store.remove(blobKey(sha256));
        removed.push(sha256);
      }
    } finally {
      await condemnation.close();
    }
  }
  return removed;
}

async function sweepClaims(store: ObjectStore): Promise<number> {
  let removed = 0;
  for (const { name, kind } of await store.list(CLAIMS)) {
    const key = `${CLAIMS}/${name}`;
    if (kind !== 'object' || ((await store.age(key)) ?? 0) < CLAIM_LIFE_MS) continue;
    await store.remove(key);
    removed += 1;
  }
  return removed;
}
