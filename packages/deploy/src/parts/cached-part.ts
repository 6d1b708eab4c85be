import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { byPath, type FileEntry } from './file-entry.ts';
import { writePart, type WrittenPart } from './write-part.ts';

/** A part in the cache. */
interface CachedPart {
  readonly part: WrittenPart;
  /** SHA-256 of the compressed archive. */
  readonly archiveSha256: string;
}

/**
 * Writes a part into `folder`, from the cache if it was written before: compressing the program of Node takes seconds.
 *
 * @param key Names everything that the files depend on.
 */
export async function cachedPart(
  cache: string,
  key: string,
  folder: string,
  read: () => Promise<readonly FileEntry[]>,
): Promise<WrittenPart> {
  const parts = join(cache, 'parts');
  const record = join(parts, `${key}.json`);
  const cached = await readRecord(record);
  if (cached !== undefined) {
    const { part, archiveSha256 } = cached;
    const copy = join(folder, `${part.sha256}.tar.gz`);
    const copied = await copyFile(join(parts, `${part.sha256}.tar.gz`), copy).then(
      () => true,
      () => false,
    );
    if (copied && (await digestOfFile(copy)) === archiveSha256) return part;
  }
  const part = await writePart(folder, await read());
  const archive = join(folder, `${part.sha256}.tar.gz`);
  await mkdir(parts, { recursive: true });
  const temporary = join(parts, `.${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    await copyFile(archive, temporary);
    await rename(temporary, join(parts, `${part.sha256}.tar.gz`));
    const entry: CachedPart = { part, archiveSha256: await digestOfFile(archive) };
    await writeFile(temporary, JSON.stringify(entry));
    await rename(temporary, record);
  } finally {
    await rm(temporary, { force: true });
  }
  return part;
}

/** Returns the digest of files: of their paths, modes, targets and contents. */
export async function digestOfFiles(entries: readonly FileEntry[]): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of entries.toSorted(byPath)) {
    if ('target' in entry) {
      hash.update(JSON.stringify([entry.path, entry.target]));
      continue;
    }
    const { path, executable, source } = entry;
    const content =
      typeof source === 'string'
        ? await digestOfFile(source)
        : createHash('sha256').update(source).digest('hex');
    hash.update(JSON.stringify([path, executable, content]));
  }
  return hash.digest('hex');
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Reads a record of the cache; `undefined` when there is none, or it is one of another version. */
async function readRecord(path: string): Promise<CachedPart | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Partial<CachedPart>;
    const { part, archiveSha256 } = record;
    return part && archiveSha256 !== undefined ? { part, archiveSha256 } : undefined;
  } catch {
    return undefined;
  }
}
