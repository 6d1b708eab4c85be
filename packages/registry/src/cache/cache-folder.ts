import { readdir, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { folderStore } from '../folder/folder-store.ts';
import type { ObjectBody, ObjectStore } from '../store/object-store.ts';
import { pinnedKeys } from './pinned-keys.ts';

/** Share of the size limit in new bytes after which the size of the folder is checked. */
const SHARE_BEFORE_LOOK = 0.01;
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

interface CachedFile {
  readonly key: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/**
 * Objects on the host's own disk, of at most `maxBytes` together.
 *
 * Several processes can use one folder: files appear completely, and one that another process removed is missing.
 */
export class CacheFolder {
  readonly store: ObjectStore;
  readonly maxBytes: number;
  readonly #folder: string;
  #sinceLook = Infinity;

  constructor(folder: string, maxBytes: number) {
    this.store = folderStore(folder, { create: true });
    this.#folder = folder;
    this.maxBytes = maxBytes;
  }

  /** Stores an object of `bytes` bytes, and removes others if there is too little space. */
  async keep(key: string, body: Uint8Array | ObjectBody, bytes: number): Promise<void> {
    if (bytes > this.maxBytes) return;
    await this.store.create(key, body);
    this.#sinceLook += bytes;
    if (this.#sinceLook < this.maxBytes * SHARE_BEFORE_LOOK) return;
    this.#sinceLook = 0;
    await this.#makeRoom(key);
  }

  /** Notes that an object is in use. */
  async touch(key: string): Promise<void> {
    const now = new Date();
    // A file that was removed, or belongs to another user, only counts as less recently used.
    await utimes(join(this.#folder, key), now, now).catch(() => undefined);
  }

  /** Removes an object. */
  async remove(key: string): Promise<void> {
    await unlink(join(this.#folder, key)).catch(() => undefined);
  }

  /** Removes the least recently used objects; those of current aliases, and `newest`, last. */
  async #makeRoom(newest: string): Promise<void> {
    await this.store.sweep(LEFTOVER_AGE_MS);
    const files = await this.#files();
    let excess = files.reduce((sum, { bytes }) => sum + bytes, 0) - this.maxBytes;
    if (excess <= 0) return;
    const pinned = await pinnedKeys(this.store);
    const rank = ({ key }: CachedFile): number => (key === newest ? 2 : pinned.has(key) ? 1 : 0);
    files.sort((a, b) => rank(a) - rank(b) || a.usedAt - b.usedAt);
    for (const { key, bytes } of files) {
      if (excess <= 0) return;
      await this.remove(key);
      excess -= bytes;
    }
  }

  async #files(): Promise<CachedFile[]> {
    const files: CachedFile[] = [];
    for (const top of ['blobs', 'models']) {
      const paths = await readdir(join(this.#folder, top), { recursive: true }).catch(() => []);
      for (const path of paths) {
        const key = `${top}/${path}`;
        const stats = await stat(join(this.#folder, key)).catch(() => undefined);
        if (stats?.isFile() !== true) continue;
        files.push({ key, bytes: stats.size, usedAt: stats.mtimeMs });
      }
    }
    return files;
  }
}
