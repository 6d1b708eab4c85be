import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

import { extract } from 'tar-stream';

import type { RegularFile } from '../parts/file-entry.ts';

/** Reads the regular files of a package's archive whose path inside of the package is accepted. */
export async function readPackage(
  archive: string,
  accept: (path: string) => boolean,
): Promise<RegularFile[]> {
  const files: RegularFile[] = [];
  const source = createReadStream(archive);
  const unpacked = createGunzip();
  const reader = extract();
  // `pipe` doesn't pass errors on.
  source.on('error', (error) => unpacked.destroy(error));
  unpacked.on('error', (error) => {
    reader.destroy(error);
  });
  source.pipe(unpacked).pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode } = entry.header;
    // The first folder is usually `package`, but any name is allowed.
    const path = name.slice(name.indexOf('/') + 1);
    if (type === 'file' && accept(path)) {
      files.push({ path, source: await buffer(entry), executable: (mode & 0o100) !== 0 });
    } else {
      entry.resume();
    }
  }
  return files;
}
