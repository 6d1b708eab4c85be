import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';
import { fileError } from '../read-file.ts';

const TIMEOUT_MS = 5000;
const PAUSE_MS = 50;

/**
 * Runs `work` while this process holds a lock file.
 *
 * @throws CliError `ERR_CLI_KEYS_LOCKED` when another process holds it for five seconds, or died holding it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(`${process.pid}\n`);
      await file.close();
      return;
    } catch (cause) {
      if (errorCodeOf(cause) !== 'EEXIST') throw fileError(path, 'a lock', cause);
      if (waitedMs >= TIMEOUT_MS) throw await locked(path, cause);
    }
    await sleep(PAUSE_MS);
  }
}

async function locked(path: string, cause: unknown): Promise<CliError> {
  const holder = (await readFile(path, 'utf8').catch(() => '')).trim() || 'unknown';
  return new CliError(
    'ERR_CLI_KEYS_LOCKED',
    `process ${holder} holds the lock of the keys file, or died holding it: if no such process runs, remove ${path}, then repeat the command`,
    { cause },
  );
}
