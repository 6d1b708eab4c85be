import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { folderError, systemCode } from './folder-error.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { keySegments } from '../store/store-key.ts';

// O_NONBLOCK: opening a pipe in the store would otherwise wait for a writer indefinitely.
const READ_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A folder in which only plain files in plain folders are reached, and never by a symbolic link. */
export class PlainFolder {
  /** The path as given, absolute. */
  readonly location: string;
  /** The path with its symbolic links resolved, as found at creation. */
  readonly root: string;

  constructor(path: string, create: boolean) {
    this.location = resolve(path);
    try {
      if (create) makeDurably(this.location);
      if (!statSync(this.location).isDirectory()) throw notAFolder(this.location);
      this.root = realpathSync(this.location);
    } catch (error) {
      throw folderError('open', this.location, error);
    }
  }

  /** Returns the path of the object or folder `key`. */
  pathOf(key: string): string {
    return join(this.root, ...keySegments(key));
  }

  /** Runs a file operation; its error is converted to one of the store. */
  async attempt<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw folderError(operation, this.location, error);
    }
  }

  /** Like `attempt`, but `undefined` for a missing object; a missing store is an error. */
  ifPresent<T>(operation: string, work: () => Promise<T>): Promise<T | undefined> {
    return this.attempt(operation, async () => {
      try {
        return await work();
      } catch (error) {
        const code = systemCode(error);
        if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
        if (!(await stat(this.root)).isDirectory()) throw error;
        return undefined;
      }
    });
  }

  /** @throws RegistryError `ERR_REGISTRY_STORE_FOREIGN` when the way to `folder` leads over a symbolic link. */
  async refuseLinked(folder: string): Promise<void> {
    if ((await realpath(folder)) !== folder) throw foreign(folder, 'reached by a symbolic link');
  }

  /** Opens the object `key`, passes it to `use`, and closes it. */
  async useObject<T>(key: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await this.openObject(key);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  }

  /** Opens the object `key` for reading; the caller closes it. */
  async openObject(key: string): Promise<FileHandle> {
    const file = this.pathOf(key);
    await this.refuseLinked(dirname(file));
    const handle = await open(file, READ_PLAIN);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw foreign(file, 'not a plain file');
  }
}

function makeDurably(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    const descriptor = openSync(dirname(made), 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}

function notAFolder(path: string): Error {
  return Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' });
}

function foreign(path: string, what: string): RegistryError {
  return new RegistryError(
    'ERR_REGISTRY_STORE_FOREIGN',
    `${path} is ${what}; the registry keeps plain files in plain folders: move it out of the store`,
  );
}
