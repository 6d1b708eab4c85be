import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^fairlead-ssh-(\d+)-\w{6}$/;
/** Longer than any connection of a process that was killed: ssh ends it after ten idle minutes. */
const STALE_MS = 3_600_000;

/**
 * Creates a folder for the socket of a connection, which only this user can read, and removes those of processes that were killed.
 *
 * @param root folder of temporary files
 */
export async function createControlFolder(root = tmpdir()): Promise<string> {
  await Promise.all((await readdir(root)).map((name) => removeIfStale(root, name)));
  return mkdtemp(join(root, `fairlead-ssh-${process.pid}-`));
}

async function removeIfStale(root: string, name: string): Promise<void> {
  const pid = NAME.exec(name)?.[1];
  if (pid === undefined || isRunning(Number(pid))) return;
  try {
    const folder = join(root, name);
    const { uid, mtimeMs } = await stat(folder);
    if (uid !== process.getuid?.() || Date.now() - mtimeMs < STALE_MS) return;
    await rm(folder, { recursive: true, force: true });
  } catch {
    // Another process has removed it.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
