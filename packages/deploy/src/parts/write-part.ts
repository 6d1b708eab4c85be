import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { pack, type Pack } from 'tar-stream';

import { byPath, type FileEntry } from './file-entry.ts';
import type { PartFile, ReleasePart } from './release-part.ts';

/** A part that was written. */
export type WrittenPart = Omit<ReleasePart, 'role'>;

/** Archives carry no time: the same content is the same archive. The first second of 1980 is one that every program can read. */
const MTIME = new Date(315_532_800_000);

/** Passes bytes on and adds them to a hash. */
class HashingStream extends Transform {
  readonly #hash: Hash;

  constructor(hash: Hash) {
    super();
    this.#hash = hash;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#hash.update(chunk);
    done(null, chunk);
  }
}

async function addFile(archive: Pack, entry: FileEntry): Promise<PartFile> {
  const base = { name: entry.path, mtime: MTIME, uid: 0, gid: 0, uname: 'root', gname: 'root' };
  if ('target' in entry) {
    archive.entry({ ...base, type: 'symlink', linkname: entry.target, mode: 0o777 });
    return { path: entry.path, bytes: 0, mode: '777', target: entry.target };
  }
  const mode = entry.executable ? '755' : '644';
  const { source } = entry;
  const size = typeof source === 'string' ? (await stat(source)).size : source.byteLength;
  const hash = createHash('sha256');
  const sink = archive.entry({ ...base, type: 'file', size, mode: Number.parseInt(mode, 8) });
  if (typeof source === 'string') {
    await pipeline(createReadStream(source), new HashingStream(hash), sink);
  } else {
    hash.update(source);
    sink.end(Buffer.from(source));
  }
  return { path: entry.path, sha256: hash.digest('hex'), bytes: size, mode };
}

/**
 * Writes a part as `<sha256>.tar.gz` into a folder; an interrupted writer leaves no file of that name.
 *
 * @throws Error of the file system
 */
export async function writePart(
  folder: string,
  entries: readonly FileEntry[],
): Promise<WrittenPart> {
  const temporary = join(folder, `.part-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const archive = pack();
  const hash = createHash('sha256');
  try {
    const written = pipeline(
      archive,
      new HashingStream(hash),
      // The highest levels take many times longer for a few percent.
      createGzip({ level: 6 }),
      createWriteStream(temporary, { flags: 'wx' }),
    );
    const files: PartFile[] = [];
    const adding = (async () => {
      for (const entry of entries.toSorted(byPath)) files.push(await addFile(archive, entry));
      archive.finalize();
    })();
    adding.catch((error: unknown) => {
      archive.destroy(error as Error);
    });
    await Promise.all([adding, written]);
    const sha256 = hash.digest('hex');
    const { size: compressedBytes } = await stat(temporary);
    await rename(temporary, join(folder, `${sha256}.tar.gz`));
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { sha256, bytes, compressedBytes, files };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
