import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { processName } from './process-name.ts';

/** A lock that is so old is of a killed process: it is held for one rename. */
const STALE_LOCK_MS = 60_000;
const MAX_LINKS = 4;

/** Replaces a file if its tag is still that; resolves to false, and changes nothing, if it isn't. */
export async function replaceFile(
  target: string,
  body: Uint8Array,
  { tag, temporaries }: { readonly tag: string; readonly temporaries: string },
): Promise<boolean> {
  const lock = join(dirname(target), `.${basename(target)}.lock`);
  if (!(await takeLock(lock))) return false;
  try {
    if ((await tagOf(target)) !== tag) return false;
    const temporary = await writeTemporary(temporaries, body);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    return true;
  } catch (error) {
    return absentIf('ENOENT', error, false);
  } finally {
    await rm(lock, { force: true });
  }
}

/** Removes a file, and the folders below `root` that are empty then. */
export async function removeFile(target: string, root: string): Promise<void> {
  await rm(target, { force: true });
  let folder = dirname(target);
  await syncFolder(folder).catch((error: unknown) => {
    absentIf('ENOENT', error, undefined);
  });
  // A folder that isn't empty ends it.
  while (folder !== root && (await removeFolder(folder))) folder = dirname(folder);
}

/** Writes a file whose name says which process writes it. */
export async function writeTemporary(folder: string, body: Uint8Array): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const path = join(folder, `${processName()}-${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(body);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

/** Links a file to its name unless that exists; resolves to true if it did. */
export async function linkIfAbsent(temporary: string, target: string): Promise<boolean> {
  for (let attempts = 1; ; attempts += 1) {
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    try {
      const created = await link(temporary, target).then(
        () => true,
        (error: unknown) => absentIf('EEXIST', error, false),
      );
      await syncFolder(dirname(target));
      return created;
    } catch (error) {
      // Another process may have removed the folder, which was empty.
      if (attempts === MAX_LINKS) throw error;
      absentIf('ENOENT', error, undefined);
    }
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The folder goes with its last object.
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST') throw error;
  }
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  if (Date.now() - mtimeMs > STALE_LOCK_MS) await rm(path, { force: true });
  return false;
}

/** Differs for every content that a file had. */
export async function tagOf(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return `${ino}-${size}-${mtimeNs}`;
}

async function removeFolder(path: string): Promise<boolean> {
  return rmdir(path).then(
    () => true,
    () => false,
  );
}

/** Syncs a folder: its names survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Returns a value for an error with a code of the system, and throws others. */
export function absentIf<T>(code: string, error: unknown, value: T): T {
  if ((error as NodeJS.ErrnoException).code === code) return value;
  throw error;
}
