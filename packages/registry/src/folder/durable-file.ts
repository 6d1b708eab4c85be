import { link, lstat, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './folder-error.ts';

/** Syncs a folder: its names survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a new, read-only file and makes its content survive a power failure; its name doesn't yet.
 *
 * `onWriteError` converts errors of the file; errors of the body are thrown unchanged.
 */
export async function writeNewFile(
  path: string,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onWriteError: (error: unknown) => unknown,
): Promise<void> {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw onWriteError(error);
    }
  };
  const handle = await attempt(() => open(path, 'wx', 0o444));
  try {
    for await (const chunk of body) await attempt(() => handle.writeFile(chunk));
    await attempt(() => handle.sync());
  } finally {
    await handle.close();
  }
}

/**
 * Links the file `temporary` as `target`, unless that exists; resolves to true if it did.
 *
 * This is the registry's *create if absent*: link(2) is atomic, also between hosts on NFS. There the answer to a
 * successful call can be lost, and the repeated call then finds the name taken, or times out: the link count shows
 * (https://man7.org/linux/man-pages/man2/open.2.html, O_EXCL).
 */
export async function linkIfAbsent(temporary: string, target: string): Promise<boolean> {
  let created = true;
  try {
    await link(temporary, target);
  } catch (error) {
    created = await hasSecondName(temporary);
    if (!created && systemCode(error) !== 'EEXIST') throw error;
  }
  // Also when another writer was first: it may die before it makes the name durable, and our result depends on that.
  await syncFolder(dirname(target));
  return created;
}

function hasSecondName(path: string): Promise<boolean> {
  return stat(path).then(
    ({ nlink }) => nlink > 1,
    // The error of link(2) is more specific.
    () => false,
  );
}

/**
 * Creates folders below `root`, which has to exist; their names survive a power failure.
 *
 * A symbolic link on the path is an error (`ELOOP`), so that nothing is created outside.
 */
export function folderMaker(root: string): (path: string) => Promise<void> {
  const durable = new Set<string>();

  return async function ensureFolder(path) {
    if (path === root) return;
    const parent = dirname(path);
    await ensureFolder(parent);
    // A folder that another process made a moment ago isn't durable because we see it.
    if (!(await makeFolder(path)) && durable.has(path)) return;
    await syncFolder(parent);
    durable.add(path);
  };
}

async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  const stats = await lstat(path);
  if (stats.isDirectory()) return false;
  const code = stats.isSymbolicLink() ? 'ELOOP' : 'ENOTDIR';
  throw Object.assign(new Error(`${path} is not a plain folder`), { code });
}
