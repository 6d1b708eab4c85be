import { checkOptions } from '../checks/check-options.ts';
import { BLOBS, blobKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { BLOB_LEASE_MS, BLOB_LEASES } from '../leases/blob-lease.ts';
import { DeletionNotice, type MonotonicClock } from '../leases/deletion-notice.ts';
import { ReferenceScan } from './reference-scan.ts';

/** Settings of {@link collectGarbage}. */
export interface CollectGarbageOptions {
  /**
   * Report what would be removed, and remove nothing.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
  /**
   * Grace period: minimum age of a removed blob, in milliseconds.
   *
   * @defaultValue 86400000 (a day)
   */
  readonly graceMs?: number;
  /**
   * Milliseconds of a monotonic clock, which shows that the process was suspended.
   *
   * @defaultValue `performance.now()`
   */
  readonly monotonicNow?: () => number;
}

/** Result of a garbage collection, or of its dry run. */
export interface GarbageReport {
  readonly dryRun: boolean;
  /** SHA-256 of each blob that was removed, or would be. */
  readonly removed: readonly string[];
  /** Bytes of these blobs. */
  readonly removedBytes: number;
  /** Number of unreferenced blobs within the grace period. */
  readonly young: number;
  /** Number of blobs that stay because a record references them. */
  readonly kept: number;
  /** Leftovers of interrupted writes that were removed. */
  readonly leftovers: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Blobs of one deletion notice: few, so that writers wait briefly and a notice is one small object. */
const BATCH = 500;

/**
 * Removes the blobs that no record references: those of interrupted pushes and of pruned versions.
 *
 * Safe beside pushes, imports, changes of aliases and another collection: a writer leases its blobs, and a writer that needs
 * a blob under a deletion notice waits, and writes the blob again.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT` while a record isn't intact, `ERR_REGISTRY_INVALID_OPTION`,
 * `ERR_REGISTRY_STORE_UNAVAILABLE` when the process was suspended for too long
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { collectGarbage } from '@fairlead/registry/maintenance';
 *
 * const { removed, kept } = await collectGarbage(folderStore('./registry'), { dryRun: true });
 * console.log(removed.length, kept); // 0 2
 * ```
 */
export async function collectGarbage(
  store: ObjectStore,
  options: CollectGarbageOptions = {},
): Promise<GarbageReport> {
  const {
    dryRun = false,
    graceMs = DAY_MS,
    monotonicNow = () => performance.now(),
  } = checkOptions('collectGarbage', options, {
    dryRun: 'optional',
    graceMs: 'optional',
    monotonicNow: 'optional',
  });
  if (!(graceMs >= 0)) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_OPTION',
      `graceMs is ${graceMs}: it has to be a number of milliseconds from 0 up`,
    );
  }
  const blobs = (await store.list(BLOBS))
    .filter(({ name, kind }) => kind === 'object' && /^[0-9a-f]{64}$/.test(name))
    .map(({ name }) => name);
  const scan = new ReferenceScan(store, blobs);
  await scan.run(() => Promise.resolve());

  const deletable: string[] = [];
  const sizes = new Map<string, number>();
  for (const sha256 of scan.unreferenced) {
    const age = await store.age(blobKey(sha256));
    if (age === undefined || age < graceMs) continue;
    sizes.set(sha256, (await store.size(blobKey(sha256))) ?? 0);
    deletable.push(sha256);
  }
  const withinGracePeriod = scan.unreferenced.size - deletable.length;
  const removed = dryRun ? deletable : await removeAll(store, scan, deletable, monotonicNow);
  return {
    dryRun,
    removed,
    removedBytes: removed.reduce((sum, sha256) => sum + (sizes.get(sha256) ?? 0), 0),
    young: withinGracePeriod,
    kept: blobs.length - withinGracePeriod - removed.length,
    leftovers: dryRun ? 0 : (await store.sweep(DAY_MS)) + (await sweepLeases(store)),
  };
}

async function removeAll(
  store: ObjectStore,
  scan: ReferenceScan,
  deletable: readonly string[],
  clock: MonotonicClock,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (let start = 0; start < deletable.length; start += BATCH) {
    const batch = deletable.slice(start, start + BATCH);
    const notice = await DeletionNotice.announce(store, batch, clock);
    try {
      // Writers that began before the notice are found now; later ones wait for its end.
      await scan.run(() => notice.hold());
      for (const sha256 of batch.filter((candidate) => scan.unreferenced.has(candidate))) {
        await notice.hold();
        await store.remove(blobKey(sha256));
        removed.push(sha256);
      }
    } finally {
      await notice.close();
    }
  }
  return removed;
}

async function sweepLeases(store: ObjectStore): Promise<number> {
  let removed = 0;
  for (const { name, kind } of await store.list(BLOB_LEASES)) {
    const key = `${BLOB_LEASES}/${name}`;
    if (kind !== 'object' || ((await store.age(key)) ?? 0) < BLOB_LEASE_MS) continue;
    await store.remove(key);
    removed += 1;
  }
  return removed;
}
