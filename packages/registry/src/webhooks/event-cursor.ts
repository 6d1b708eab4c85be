import { readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder, writeNewFile } from '../folder/durable-file.ts';

/** Keeps how far events were forwarded; one for each destination. */
export interface EventCursor {
  /** What was saved last; `undefined` when nothing ever was. */
  load(): Promise<string | undefined>;
  /** Keeps `text` instead of what was there, whole or not at all, and durable once the promise resolves. */
  save(text: string): Promise<void>;
}

/** Keeps a cursor in a file of its own, which one process at a time should write; its folder has to exist. */
export function fileCursor(path: string): EventCursor {
  const file = resolve(path);
  const fresh = `${file}.new`;
  return {
    async load() {
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async save(text) {
      // A process that was killed may have left one.
      await rm(fresh, { force: true });
      await writeNewFile(fresh, [Buffer.from(text)], (error) => error);
      await rename(fresh, file);
      await syncFolder(dirname(file));
    },
  };
}
