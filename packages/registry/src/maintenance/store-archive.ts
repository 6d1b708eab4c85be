import { modelNotFound } from '../versions/model-names.ts';
import { checkModelName } from '../checks/model-name.ts';
import { BLOBS, blobKey, MODELS } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Archive } from './archive.ts';
import { parseArchiveKey } from './archive-key.ts';
import { hashesIn } from '../leases/hashes-in.ts';
import { MAX_RECORD_BYTES } from '../records/stored-record.ts';

/** Selection of a store's objects. */
export interface StoreArchiveOptions {
  /**
   * Names of the models.
   *
   * @defaultValue all of them
   */
  readonly models?: readonly string[];
  /**
   * Include unreferenced blobs, rollouts and retrainings.
   *
   * @defaultValue false
   */
  readonly everything?: boolean;
}

/** The objects of a store, listed once. */
export interface StoreArchive extends Archive {
  /** SHA-256 of each blob in it. */
  readonly blobs: readonly string[];
  /** Keys of the records in it. */
  readonly records: readonly string[];
}

/**
 * Lists the current objects of a store as an archive: first the blobs, then the records that reference them.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_NAME`, `ERR_REGISTRY_MODEL_NOT_FOUND`
 */
export async function storeArchive(
  store: ObjectStore,
  { models, everything = false }: StoreArchiveOptions = {},
): Promise<StoreArchive> {
  models?.forEach(checkModelName);
  const records: string[] = [];
  for (const model of models ?? (await folders(store))) {
    const found = await recordsOf(store, model);
    if (found.length === 0 && models !== undefined) throw await modelNotFound(store, model);
    records.push(...found);
  }
  if (everything)
    for (const folder of PROCESSES) records.push(...(await processesIn(store, folder)));
  // After the records: a push writes blobs before the manifest that references them.
  const blobs = new Set(
    (await store.list(BLOBS))
      .filter(({ name }) => parseArchiveKey(blobKey(name)) !== undefined)
      .map(({ name }) => name),
  );
  const taken = everything ? [...blobs] : await namedIn(store, records, blobs);
  return {
    location: store.location,
    blobs: taken,
    records,
    async *entries() {
      for (const key of [...taken.map(blobKey), ...records]) {
        const size = await store.size(key);
        // A blob without references was collected since then; the import reports any other missing blob.
        if (size !== undefined) yield { key, size, body: store.stream(key) };
      }
    },
  };
}

/** Folders of rollouts and retrainings. */
const PROCESSES = ['rollouts', 'retraining'];

/** Keys of rollouts or retrainings; each log before its counts. */
async function processesIn(store: ObjectStore, folder: string): Promise<readonly string[]> {
  const keys = await objects(store, folder);
  return keys.filter((key) => parseArchiveKey(key)?.kind === 'process').sort();
}

async function folders(store: ObjectStore): Promise<readonly string[]> {
  const entries = await store.list(MODELS);
  return entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
}

/** Keys of the records of a model: prunings, manifests, and then records that refer to these. */
async function recordsOf(store: ObjectStore, model: string): Promise<readonly string[]> {
  const folder = `${MODELS}/${model}`;
  const rank = (key: string): number => {
    const parsed = parseArchiveKey(key);
    const log = parsed?.kind === 'record' ? parsed.log : '';
    if (log.startsWith('aliases/')) return 3;
    return log === 'pruned' ? 0 : log === 'versions' ? 1 : 2;
  };
  const keys = (await objects(store, folder)).filter((key) => parseArchiveKey(key) !== undefined);
  return keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function objects(store: ObjectStore, folder: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const { name, kind } of await store.list(folder)) {
    const key = `${folder}/${name}`;
    if (kind === 'object') keys.push(key);
    else keys.push(...(await objects(store, key)));
  }
  return keys;
}

async function namedIn(
  store: ObjectStore,
  records: readonly string[],
  blobs: ReadonlySet<string>,
): Promise<readonly string[]> {
  const named = new Set<string>();
  for (const key of records) {
    const size = (await store.size(key)) ?? 0;
    if (size > MAX_RECORD_BYTES) {
      throw new RegistryError(
        'ERR_REGISTRY_TOO_LARGE',
        `${key} has ${size} bytes: it is no record`,
      );
    }
    for await (const sha256 of hashesIn(store.stream(key), blobs)) named.add(sha256);
  }
  return [...named].sort();
}
