import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.window';
const TEMPORARY = '.tmp';
/** A temporary file is left by a process that was killed if it wasn't touched for so long. */
const STALE_MS = 3_600_000;

/** A window that waits for the store. */
export interface SpooledWindow {
  readonly key: string;
  readonly body: Uint8Array;
}

/** Windows of all processes of a host that wait for a store. */
export interface WaitingWindows {
  readonly windows: number;
  readonly bytes: number;
}

/**
 * Folder of windows that wait for a store, shared by the processes of a host.
 *
 * A file appears complete or not at all; its name is made of the time and the key, so that writing one twice leaves one.
 */
export class WindowSpool {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** Creates the folder, and removes the temporary files of killed processes. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o750 });
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith(TEMPORARY)) continue;
      const path = join(this.#folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true });
    }
  }

  /**
   * Stores a window durably; resolves to the name of its file.
   *
   * @throws Error when the folder is full, or the file can't be written
   */
  async put({ key, body }: SpooledWindow, time: number): Promise<string> {
    const content = Buffer.concat([Buffer.from(`${key}\n`), body]);
    const { bytes: used } = await this.waiting();
    if (used + content.length > this.#maxBytes) {
      throw new Error(
        `${this.#folder} holds ${used} bytes of windows that wait for the store; the limit is ${this.#maxBytes}`,
      );
    }
    const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
    const name = `${String(time).padStart(15, '0')}-${digest}${SUFFIX}`;
    const temporary = join(this.#folder, `${randomBytes(8).toString('hex')}${TEMPORARY}`);
    try {
      const file = await open(temporary, 'wx', 0o640);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(this.#folder, name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return name;
  }

  /** Names of the waiting windows, the oldest first. */
  async names(): Promise<readonly string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  /** Reads a waiting window; undefined if another process has stored it. */
  async read(name: string): Promise<SpooledWindow | undefined> {
    const content = await readFile(join(this.#folder, name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (content === undefined) return undefined;
    const end = content.indexOf('\n');
    return { key: content.subarray(0, end).toString('utf8'), body: content.subarray(end + 1) };
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  /** Counts the waiting windows and their bytes. */
  async waiting(): Promise<WaitingWindows> {
    const names = await this.names();
    let bytes = 0;
    for (const name of names) {
      const { size } = await stat(join(this.#folder, name)).catch(() => ({ size: 0 }));
      bytes += size;
    }
    return { windows: names.length, bytes };
  }
}
