import { createHash } from 'node:crypto';
import { blobKey } from '../store/layout.ts';
import { checkRecord } from '../records/check-record.ts';
import { MAX_RECORD_BYTES, decodeRecord } from '../records/stored-record.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { type AliasEntry, aliasEntryFields } from '../aliases/alias-entry.ts';
import { aliasChainProblem } from '../aliases/alias-log.ts';
import type { Manifest } from '../versions/manifest.ts';
import { checkManifest } from '../versions/manifest-record.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { type ArchiveKey, invalidArchive, parseArchiveKey } from './archive-key.ts';

/** Checked content of an archive. */
export interface ArchiveContents {
  /** Names of the models. */
  readonly models: readonly string[];
  /** Key of each blob and document, with its SHA-256. */
  readonly bodies: ReadonlyMap<string, string>;
  /** SHA-256 of each blob. */
  readonly blobs: readonly string[];
  /** Key of each record, with the SHA-256 of its bytes. */
  readonly records: ReadonlyMap<string, string>;
  readonly manifests: readonly Manifest[];
}

/**
 * Reads an archive to its end and checks all of it, before anything of it is stored. Rollouts and retrainings are part of its content only with `processes`.
 *
 * @throws RegistryError `ERR_REGISTRY_ARCHIVE_INVALID` for content that no registry exported, or that isn't intact.
 */
export async function checkArchive(
  archive: Archive,
  { processes }: { readonly processes: boolean },
): Promise<ArchiveContents> {
  const models = new Set<string>();
  const blobs = new Map<string, number>();
  const bodies = new Map<string, string>();
  const records = new Map<string, string>();
  const manifests: Manifest[] = [];
  const seen = new Map<string, Seen>();

  for await (const entry of archive.entries()) {
    const { key } = entry;
    const what = parseArchiveKey(key);
    const shown = JSON.stringify(key.slice(0, 200));
    if (what === undefined)
      throw invalidArchive(archive.location, `${shown} is none of a registry's`);
    if (records.has(key) || bodies.has(key) || (what.kind === 'blob' && blobs.has(what.sha256))) {
      throw invalidArchive(archive.location, `${shown} is in it twice`);
    }
    if (what.kind === 'blob' || what.kind === 'document') {
      const size = await checkBody(archive.location, entry, what.sha256);
      if (what.kind === 'blob') blobs.set(what.sha256, size);
      else bodies.set(key, what.sha256);
      continue;
    }
    const bytes = await readRecord(archive.location, entry);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (what.kind === 'process') {
      if (processes) records.set(key, sha256);
      continue;
    }
    models.add(what.model);
    const known = seen.get(what.model) ?? emptySeen();
    seen.set(what.model, known);
    if (what.kind === 'record') checkOrder(archive.location, what, known, shown);
    const manifest = attempt(archive.location, () => checkFormat(key, what, bytes, known));
    if (manifest !== undefined) {
      if (!known.pruned.has(manifest.version)) requireBlobs(archive.location, manifest, blobs);
      manifests.push(manifest);
    }
    records.set(key, sha256);
  }
  for (const manifest of manifests) {
    if (seen.get(manifest.model)?.meant.has(manifest.version) === true) {
      requireBlobs(archive.location, manifest, blobs);
    }
  }
  for (const sha256 of blobs.keys()) bodies.set(blobKey(sha256), sha256);
  return { models: [...models], bodies, blobs: [...blobs.keys()], records, manifests };
}

/** Records of one model that were read so far. */
interface Seen {
  /** Highest number of each log. */
  readonly heads: Map<string, number>;
  /** Digest of each version's manifest. */
  readonly digests: Map<number, string>;
  readonly pruned: Set<number>;
  /** Versions that an alias points to, or has pointed to. */
  readonly meant: Set<number>;
  /** Newest entry of each alias. */
  readonly entries: Map<string, AliasEntry>;
}

const emptySeen = (): Seen => ({
  heads: new Map(),
  digests: new Map(),
  pruned: new Set(),
  meant: new Set(),
  entries: new Map(),
});

async function checkBody(location: string, entry: ArchiveEntry, sha256: string): Promise<number> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of entry.body) {
    size += chunk.length;
    hash.update(chunk);
  }
  if (hash.digest('hex') === sha256 && size === entry.size) return size;
  throw invalidArchive(location, `${entry.key} in it is damaged`);
}

/** Reads a record into memory, unless it claims to be larger than any is. */
export async function readRecord(
  location: string,
  { key, size, body }: ArchiveEntry,
): Promise<Buffer> {
  if (size > MAX_RECORD_BYTES) {
    throw invalidArchive(
      location,
      `${key} in it has ${size} bytes, and a record has at most ${MAX_RECORD_BYTES}`,
    );
  }
  const chunks: Uint8Array[] = [];
  // Chunks may share one memory.
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** A log with a gap would not verify. */
function checkOrder(
  location: string,
  { log, number }: Extract<ArchiveKey, { kind: 'record' }>,
  known: Seen,
  shown: string,
): void {
  if (log === 'pruned') {
    known.pruned.add(number);
    return;
  }
  const due = (known.heads.get(log) ?? 0) + 1;
  if (number !== due) throw invalidArchive(location, `${shown} comes where number ${due} should`);
  known.heads.set(log, number);
}

function checkFormat(
  key: string,
  what: Extract<ArchiveKey, { kind: 'record' | 'signature' }>,
  bytes: Uint8Array,
  known: Seen,
): Manifest | undefined {
  const record = decodeRecord(key, bytes) as Readonly<Record<string, unknown>>;
  if (record.model !== what.model) {
    throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} is of ${JSON.stringify(record.model)}`);
  }
  if (what.kind === 'signature') {
    if (record.version === what.version && known.digests.get(what.version) === record.versionSeal) {
      return undefined;
    }
    throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} is of another version`);
  }
  if (what.log === 'versions') {
    const manifest = checkManifest(key, record);
    if (manifest.version !== what.number) {
      throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} is of version ${manifest.version}`);
    }
    known.digests.set(manifest.version, manifest.seal);
    return manifest;
  }
  if (what.log.startsWith('aliases/')) {
    const entry = checkRecord(key, aliasEntryFields, record);
    if (entry.number !== what.number || `aliases/${entry.alias}` !== what.log) {
      throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} is another entry`);
    }
    if (known.digests.get(entry.version) !== entry.versionSeal) {
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${key} needs another version ${entry.version}`,
      );
    }
    const problem = aliasChainProblem(known.entries.get(entry.alias), entry);
    if (problem !== undefined)
      throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key}: ${problem}`);
    known.entries.set(entry.alias, entry);
    known.meant.add(entry.version);
  }
  return undefined;
}

function requireBlobs(
  location: string,
  { model, version, files }: Manifest,
  blobs: ReadonlyMap<string, number>,
): void {
  for (const { path, sha256, size } of files) {
    if (blobs.get(sha256) === size) continue;
    throw invalidArchive(
      location,
      `${JSON.stringify(path)} of version ${version} of "${model}" isn't in it`,
    );
  }
}

function attempt<T>(location: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    if (cause.code === 'ERR_REGISTRY_UNSUPPORTED_FORMAT') throw cause;
    throw invalidArchive(location, cause.message, { cause });
  }
}
