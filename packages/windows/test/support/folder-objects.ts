import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WindowObjects } from '@fairlead/windows';

/** A store in a folder, which many processes may use: a file is written beside its place, and linked to it. */
export function folderObjects(root: string): WindowObjects {
  return {
    async create(key, body) {
      const target = join(root, key);
      await mkdir(dirname(target), { recursive: true });
      const temporary = join(root, `.${randomBytes(8).toString('hex')}`);
      const file = await open(temporary, 'wx');
      await file.writeFile(body);
      await file.close();
      try {
        await link(temporary, target);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(temporary, { force: true });
      }
    },
    read: (key) => readFile(join(root, key)).catch(absent(undefined)),
    async list(folder) {
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(absent([]));
      return entries.map((entry) => ({
        name: entry.name,
        kind: entry.isDirectory() ? 'folder' : 'object',
      }));
    },
  };
}

function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
