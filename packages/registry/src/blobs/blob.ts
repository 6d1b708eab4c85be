import { createHash } from 'node:crypto';
import { blobKey } from '../store/layout.ts';
import type { ManifestFile } from './manifest-file.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { fingerprint, readUnchanged } from './blob-source.ts';
import { RegistryError } from '../errors/registry-error.ts';

/**
 * Makes sure that the bytes of `file`, read from `source`, are in the store and durable; `observe` sees those written.
 *
 * An existing blob is compared with its hash, so that no version references a damaged blob.
 *
 * @throws RegistryError `ERR_REGISTRY_SOURCE_CHANGED`, `ERR_REGISTRY_SOURCE_UNREADABLE`, `ERR_REGISTRY_CORRUPT`
 */
export async function keepBlob(
  store: ObjectStore,
  file: ManifestFile,
  source: string | Uint8Array,
  observe: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (body) => body,
): Promise<void> {
  const key = blobKey(file.sha256);
  if (await store.create(key, () => observe(readUnchanged(file.path, source, file)))) return;
  const problem = await blobProblem(store, file.sha256);
  if (problem === undefined) return;
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `cannot push ${JSON.stringify(file.path)}: the store has a damaged copy of it, ${key} ` +
      `(${problem}); remove that file and push again`,
  );
}

/** Describes how an existing blob differs from its hash; `undefined` if it is intact. */
export function blobProblem(store: ObjectStore, sha256: string): Promise<string | undefined> {
  return bodyProblem(store, blobKey(sha256), sha256);
}

/** Describes how the object `key` differs from the content with this SHA-256; `undefined` when it doesn't. */
export async function bodyProblem(
  store: ObjectStore,
  key: string,
  sha256: string,
): Promise<string | undefined> {
  const found = await fingerprint(store.stream(key));
  return found.sha256 === sha256 ? undefined : `its SHA-256 is ${found.sha256}`;
}

/**
 * Reads `file` into new memory, and returns it only if every byte is intact.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`
 */
export async function readBlob(
  store: ObjectStore,
  file: ManifestFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = blobKey(file.sha256);
  const corrupt = (problem: string): RegistryError =>
    new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `cannot read ${JSON.stringify(file.path)}: ${key} in ${store.location} ${problem}; ` +
        'restore it from a backup, or remove it and push the same file again',
    );
  const size = await store.size(key);
  if (size === undefined) throw corrupt('is missing');
  // Before allocating memory: a manifest can claim any size.
  if (size !== file.size) throw corrupt(`has ${size} bytes instead of ${file.size}`);
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of store.stream(key)) {
    if (length + chunk.length > size) throw corrupt('grew while it was read');
    bytes.set(chunk, length);
    length += chunk.length;
    hash.update(chunk);
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== file.sha256) throw corrupt(`is damaged: its SHA-256 is ${sha256}`);
  return bytes;
}
