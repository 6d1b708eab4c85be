import { checkOptions } from '../checks/check-options.ts';
import { createHash } from 'node:crypto';
import { RegistryError } from '../errors/registry-error.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { bodyProblem } from '../blobs/blob.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { parseArchiveKey } from './archive-key.ts';
import { type ArchiveContents, checkArchive, readRecord } from './check-archive.ts';
import { withBlobLease } from '../leases/blob-lease.ts';
import { openArchive } from './open-archive.ts';
import { MAX_RECORD_BYTES } from '../records/stored-record.ts';

/** Larger blobs are streamed. */
const MAX_BYTES_IN_MEMORY = 32 * 1024 * 1024;

/** Settings of `importModels`. */
export interface ImportOptions {
  /**
   * Check the archive and its conflicts with the store, and write nothing.
   *
   * @defaultValue false
   */
  readonly dryRun?: boolean;
  /** Called for each imported object, with the total number. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Result of an import, or of its dry run. */
export interface ImportReport {
  readonly dryRun: boolean;
  /** Names of the models. */
  readonly models: readonly string[];
  readonly versions: number;
  /** Number of new objects in the store. */
  readonly created: number;
  /** Number of objects that existed, byte for byte the same. */
  readonly unchanged: number;
}

/**
 * Imports the models of an export, byte for byte: versions keep their numbers, and histories continue. Rollouts and retrainings of a backup are left out: they would go on.
 *
 * `from` is a tar file, the folder of a registry, or `s3://bucket/prefix`. It is read to its end and checked before
 * anything is stored. An interrupted import leaves a registry that verifies, and another import completes it.
 *
 * @throws RegistryError `ERR_REGISTRY_ARCHIVE_INVALID`, `ERR_REGISTRY_ARCHIVE_CONFLICT` when the store has another
 * history of the same model, and `ERR_REGISTRY_STORE_…`
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { exportModels, importModels } from '@fairlead/registry/maintenance';
 *
 * await exportModels(folderStore('./registry'), './digits.tar');
 * const { models, versions } = await importModels(
 *   folderStore('./production', { create: true }),
 *   './digits.tar',
 * );
 * console.log(models, versions); // [ 'digits' ] 2
 * ```
 */
export async function importModels(
  store: ObjectStore,
  from: string,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const names = { dryRun: 'optional', onProgress: 'optional' } as const;
  checkOptions('importModels', options, names);
  return importArchive(store, await openArchive(from), { ...options, processes: false });
}

/** Options of {@link importArchive}. */
export interface ImportArchiveOptions extends ImportOptions {
  /** True if rollouts and retrainings are imported too: they would go on in the registry. */
  readonly processes: boolean;
}

/** Writes the objects of `archive` to a store. */
export async function importArchive(
  store: ObjectStore,
  archive: Archive,
  { dryRun = false, onProgress = () => undefined, processes }: ImportArchiveOptions,
): Promise<ImportReport> {
  const contents = await checkArchive(archive, { processes });
  const missing = await compare(store, archive.location, contents);
  const total = contents.bodies.size + contents.records.size;
  const created = dryRun ? missing : await copy(store, archive, contents, onProgress);
  return {
    dryRun,
    models: contents.models,
    versions: contents.manifests.length,
    created,
    unchanged: total - created,
  };
}

/** Ensures that the archive doesn't contradict the store; resolves to the number of missing objects. */
async function compare(
  store: ObjectStore,
  location: string,
  { bodies, records }: ArchiveContents,
): Promise<number> {
  let missing = 0;
  for (const key of bodies.keys()) {
    if ((await store.size(key)) === undefined) missing += 1;
  }
  for (const [key, sha256] of records) {
    const there = await store.read(key, { maxBytes: MAX_RECORD_BYTES });
    if (there === undefined) missing += 1;
    else if (createHash('sha256').update(there).digest('hex') !== sha256) {
      throw conflict(store, location, key);
    }
  }
  return missing;
}

function copy(
  store: ObjectStore,
  archive: Archive,
  { blobs, bodies, records }: ArchiveContents,
  onProgress: (done: number, total: number) => void,
): Promise<number> {
  return withBlobLease(store, blobs, async () => {
    let created = 0;
    let done = 0;
    for await (const entry of archive.entries()) {
      const { key } = entry;
      const body = bodies.get(key);
      const record = records.get(key);
      let isNew: boolean;
      if (body !== undefined) isNew = await keepBody(store, archive.location, body, entry);
      else if (record !== undefined) {
        const bytes = await readRecord(archive.location, entry);
        isNew = await keepRecord(store, archive.location, key, { bytes, sha256: record });
      } else if (parseArchiveKey(key)?.kind === 'process') continue;
      else {
        // Content that appeared after the check isn't stored.
        throw changed(archive.location, key);
      }
      if (isNew) created += 1;
      onProgress((done += 1), bodies.size + records.size);
    }
    return created;
  });
}

async function keepBody(
  store: ObjectStore,
  location: string,
  sha256: string,
  { key, size, body }: ArchiveEntry,
): Promise<boolean> {
  let opened = false;
  async function* checked(): AsyncGenerator<Uint8Array, void> {
    // A stream is read once; a store that has to try again with a large blob gets it from a repeated import.
    if (opened) throw changed(location, key);
    opened = true;
    const hash = createHash('sha256');
    for await (const chunk of body) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== sha256) throw changed(location, key);
  }
  const isThere = (await store.size(key)) !== undefined;
  const small = !isThere && size <= MAX_BYTES_IN_MEMORY;
  if (await store.create(key, small ? await collect(checked()) : checked)) return true;
  const problem = await bodyProblem(store, key, sha256);
  if (problem === undefined) return false;
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `${store.location} has a damaged copy of ${key} (${problem}); remove that file and import again`,
  );
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // Chunks may share one memory.
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

async function keepRecord(
  store: ObjectStore,
  location: string,
  key: string,
  record: { readonly bytes: Uint8Array; readonly sha256: string },
): Promise<boolean> {
  const { bytes, sha256 } = record;
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(location, key);
  if (await store.create(key, bytes)) return true;
  const there = await store.read(key, { maxBytes: MAX_RECORD_BYTES });
  if (there !== undefined && Buffer.from(there).equals(bytes)) return false;
  throw conflict(store, location, key);
}

function conflict(store: ObjectStore, location: string, key: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_ARCHIVE_CONFLICT',
    `${store.location} has another ${key} than ${location}: its history of this model went another way; ` +
      'import into another registry, and push the versions that you need from there',
  );
}

function changed(location: string, key: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_SOURCE_CHANGED',
    `${key} in ${location} changed while it was imported; import it again`,
  );
}
