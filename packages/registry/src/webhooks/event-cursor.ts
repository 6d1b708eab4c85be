import { readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { syncFolder, writeNewFile } from '../folder/durable-file.ts';

/** Position up to which events were forwarded; one for each destination. */
export interface EventCursor {
  /** The saved position; `undefined` without one. */
  load(): Promise<string | undefined>;
  /** Replaces the saved position by `text` atomically; durable once the promise resolves. */
  save(text: string): Promise<void>;
}

/**
 * Stores a cursor in a separate file, which one process at a time should write; its folder has to exist.
 *
 * @example
 * ```ts
 * import { fileCursor } from '@fairlead/registry/webhooks';
 *
 * const cursor = fileCursor('./cursor.json');
 * console.log(await cursor.load()); // undefined
 * ```
 */
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
