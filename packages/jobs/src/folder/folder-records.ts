import { randomUUID } from 'node:crypto';
import { lstat, opendir } from 'node:fs/promises';
import { isJobId } from '../queue/job-identity.ts';
import { unpackHead } from '../queue/packed-record.ts';
import type { RecordHead, RecordStore, StoredKind, StoredName } from '../queue/record-store.ts';
import {
  isPresent,
  linkIfAbsent,
  readIfPresent,
  readStart,
  removeIfPresent,
  writeDurably,
} from './durable-file.ts';
import type { JobFolder } from './job-folder.ts';

/** Subfolders of the kinds of records, as version 0.1 named them. */
export const RECORD_FOLDERS = {
  pending: 'jobs',
  finished: 'finished',
  keys: 'keys',
} as const satisfies Record<StoredKind, string>;

/** Records as files of a folder, each written whole and synced before it gets its name. */
export class FolderRecords implements RecordStore {
  readonly #folder: JobFolder;

  constructor(folder: JobFolder) {
    this.#folder = folder;
  }

  create(kind: StoredKind, name: string, record: Buffer): Promise<boolean> {
    return this.#folder.recreating(async () => {
      const file = this.#folder.pathOf('temporary', randomUUID());
      try {
        await writeDurably(file, record);
        return await linkIfAbsent(file, this.#pathOf(kind, name));
      } finally {
        // The name is decided by now; a file that can't be removed is left to a sweep.
        await removeIfPresent(file).catch(() => undefined);
      }
    });
  }

  read(kind: StoredKind, name: string): Promise<Buffer | undefined> {
    return readIfPresent(this.#pathOf(kind, name));
  }

  async readHead(kind: StoredKind, name: string): Promise<RecordHead | undefined> {
    const start = await readStart(this.#pathOf(kind, name));
    return start && { facts: unpackHead(start.bytes), size: start.size };
  }

  has(kind: StoredKind, name: string): Promise<boolean> {
    return isPresent(this.#pathOf(kind, name));
  }

  async remove(kind: StoredKind, name: string): Promise<void> {
    await removeIfPresent(this.#pathOf(kind, name));
  }

  async *ids(kind: 'pending' | 'finished'): AsyncGenerator<string> {
    const path = this.#folder.pathOf(RECORD_FOLDERS[kind]);
    // In parts: the names of a hundred thousand results would block the event loop.
    const open = (): ReturnType<typeof opendir> => opendir(path, { bufferSize: 256 });
    for await (const entry of await this.#folder.recreating(open)) {
      if (entry.isFile() && isJobId(entry.name)) yield entry.name;
    }
  }

  async *list(kind: 'pending' | 'finished'): AsyncGenerator<StoredName> {
    for await (const name of this.ids(kind)) {
      const stats = await lstat(this.#pathOf(kind, name)).catch(() => undefined);
      if (stats !== undefined) yield { name, modifiedAtMs: stats.mtimeMs };
    }
  }

  async removeIncomplete(timeMs: number): Promise<void> {
    const temporary = this.#folder.pathOf('temporary');
    for await (const entry of await this.#folder.recreating(() => opendir(temporary))) {
      if (entry.isDirectory()) continue;
      const { name } = entry;
      const file = this.#folder.pathOf('temporary', name);
      const stats = await lstat(file).catch(() => undefined);
      if (stats !== undefined && stats.mtimeMs < timeMs) await removeIfPresent(file);
    }
  }

  #pathOf(kind: StoredKind, name: string): string {
    return this.#folder.pathOf(RECORD_FOLDERS[kind], name);
  }
}
