import { join } from 'node:path';
import { hasCode, makeFolder } from './durable-file.ts';

const FOLDERS = [
  ...['temporary', 'jobs', 'finished', 'keys'],
  ...['runs/waiting', 'runs/claimed', 'notices/waiting', 'notices/claimed'],
];

/** Folder of a queue, with a subfolder for each kind of file. */
export class JobFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Path of a file or subfolder. */
  pathOf(...names: readonly string[]): string {
    return join(this.#path, ...names);
  }

  /** Creates the folders that don't exist. */
  async create(): Promise<void> {
    for (const each of FOLDERS) await makeFolder(this.pathOf(each));
  }

  /** Calls `work`, and once more when a folder was removed, after it was created again. */
  async recreating<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.create();
      return work();
    }
  }
}
