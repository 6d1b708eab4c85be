import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Owner and permission bits of a file. */
export interface FileOwner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Replaces a file at once: no reader sees a part of it, and no other account the content before mode and owner are set. */
export async function replaceFile(
  path: string,
  content: Buffer,
  { mode, uid, gid }: FileOwner,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.fairlead-new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.chown(uid, gid);
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Reads a file with its owner; `undefined` when there is no regular file. */
export async function readIfThere(
  path: string,
): Promise<(FileOwner & { readonly content: Buffer }) | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const { uid, gid } = stats;
    return { mode: stats.mode & 0o7777, uid, gid, content: await file.readFile() };
  } finally {
    await file.close();
  }
}
