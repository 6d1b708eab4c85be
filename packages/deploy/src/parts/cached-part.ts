import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { FileEntry } from './file-entry.ts';
import { writePart, type WrittenPart } from './write-part.ts';

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
  const known = await readFile(record, 'utf8').then(
    (text) => JSON.parse(text) as WrittenPart,
    () => undefined,
  );
  if (known !== undefined) {
    const archive = join(parts, `${known.sha256}.tar.gz`);
    const size = await stat(archive).then(
      (found) => found.size,
      () => -1,
    );
    if (size === known.compressedBytes) {
      await copyFile(archive, join(folder, `${known.sha256}.tar.gz`));
      return known;
    }
  }
  const part = await writePart(folder, await read());
  await mkdir(parts, { recursive: true });
  const temporary = join(parts, `.${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    await copyFile(join(folder, `${part.sha256}.tar.gz`), temporary);
    await rename(temporary, join(parts, `${part.sha256}.tar.gz`));
    await writeFile(temporary, JSON.stringify(part));
    await rename(temporary, record);
  } finally {
    await rm(temporary, { force: true });
  }
  return part;
}
