import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../files/durable-file.ts';
import { isProcessFolder, isRunning, processName } from '../files/process-name.ts';

/** Ending of a file that is being written. */
export const UNFINISHED = '.tmp';
/** Ending of a complete file. */
export const COMPLETE = '.jsonl';

/** Folder of one recorder in a spool folder that the processes of a host share. */
export class SpoolFolder {
  readonly #root: string;
  #folder = '';

  constructor(root: string) {
    this.#root = root;
  }

  async open(): Promise<void> {
    this.#folder = join(this.#root, newName(processName()));
    await mkdir(this.#folder, { recursive: true, mode: 0o750 });
  }

  /** Path of a file. */
  pathOf(name: string): string {
    return join(this.#folder, name);
  }

  /** Names of the complete files, the oldest first. */
  async complete(): Promise<readonly string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => name.endsWith(COMPLETE)).sort();
  }

  /** Gives a written file its complete name, durably. */
  async finish(id: string): Promise<void> {
    await rename(this.pathOf(id + UNFINISHED), this.pathOf(id + COMPLETE));
    await syncFolder(this.#folder);
  }

  /** Moves the files of processes that no longer run into this folder, as complete ones; resolves to their bytes. */
  async takeOver(): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(this.#root)) {
      if (!isProcessFolder(name) || isRunning(name)) continue;
      const claimed = join(this.#root, newName(processName()));
      try {
        // Of several processes that try it, one succeeds.
        await rename(join(this.#root, name), claimed);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw error;
      }
      bytes += await this.#moveFiles(claimed);
    }
    return bytes;
  }

  /** Leaves the folder to the next process, or removes it if it is empty. */
  async release(): Promise<void> {
    try {
      await rmdir(this.#folder);
    } catch {
      await rename(this.#folder, join(this.#root, newName('0-0-00000000')));
    }
  }

  async #moveFiles(from: string): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(from)) {
      const path = join(from, name);
      const { size } = await stat(path);
      const id = [UNFINISHED, COMPLETE].flatMap((end) =>
        name.endsWith(end) ? [name.slice(0, -end.length)] : [],
      )[0];
      if (id === undefined || size === 0) {
        await rm(path, { force: true, recursive: true });
        continue;
      }
      await rename(path, this.pathOf(id + COMPLETE));
      bytes += size;
    }
    await rmdir(from);
    await syncFolder(this.#folder);
    return bytes;
  }
}

function newName(owner: string): string {
  return `${owner}-${randomBytes(6).toString('hex')}`;
}
