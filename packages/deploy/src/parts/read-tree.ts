import { readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { FileEntry } from './file-entry.ts';

/**
 * Lists the files of a folder as entries of a part.
 *
 * @param folder Folder on this machine.
 * @param prefix Path of the folder inside of the part, with `/` at the end, or empty.
 * @param accept Decides by the path inside of `folder`; a folder that isn't accepted isn't read.
 */
export async function readTree(
  folder: string,
  prefix: string,
  accept: (path: string) => boolean = () => true,
): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  async function read(inner: string): Promise<void> {
    for (const found of await readdir(join(folder, inner), { withFileTypes: true })) {
      const path = inner === '' ? found.name : `${inner}/${found.name}`;
      if (!accept(path)) continue;
      const source = join(folder, path);
      if (found.isDirectory()) await read(path);
      else if (found.isSymbolicLink()) {
        entries.push({ path: `${prefix}${path}`, target: await readlink(source) });
      } else if (found.isFile()) {
        const executable = ((await stat(source)).mode & 0o100) !== 0;
        entries.push({ path: `${prefix}${path}`, source, executable });
      }
    }
  }
  await read('');
  return entries;
}
