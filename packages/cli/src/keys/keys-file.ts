import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ApiKeyRecord } from '@fairlead/security';
import { CliError } from '../cli-error.ts';
import { errorCodeOf } from '../exit-code.ts';
import { fileError } from '../read-file.ts';
import { withLock } from './with-lock.ts';

/** Content of a file of API keys. */
export interface KeysFile {
  readonly records: readonly ApiKeyRecord[];
  /** False if the file is missing, which is the same as no keys. */
  readonly exists: boolean;
}

/**
 * Reads a keys file.
 *
 * @throws SecurityError `ERR_SECURITY_KEYS` naming the record and the field that is wrong; CliError `ERR_CLI_FILE`
 */
export async function readKeysFile(path: string): Promise<KeysFile> {
  const { parseApiKeys } = await import('@fairlead/security');
  const { decodeText } = await import('@fairlead/signature');
  try {
    return { records: parseApiKeys(decodeText(await readFile(path))), exists: true };
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return { records: [], exists: false };
    if (errorCodeOf(error)?.startsWith('ERR_SECURITY_') === true) throw error;
    throw fileError(path, 'the keys file', error);
  }
}

/**
 * Changes a keys file atomically, one process at a time: a reader sees the old content or the new, never a part.
 *
 * A new file is readable only by its owner; an existing one keeps its permissions.
 *
 * @throws CliError `ERR_CLI_KEYS_LOCKED`, `ERR_CLI_FILE`, and what `change` throws
 */
export async function changeKeysFile(
  path: string,
  change: (records: readonly ApiKeyRecord[]) => readonly ApiKeyRecord[],
): Promise<void> {
  // A link to the file stays a link.
  const target = await realpath(path).catch(() => path);
  await withLock(`${target}.lock`, async () => {
    const { records, exists } = await readKeysFile(target);
    const text = `${JSON.stringify({ keys: change(records) }, null, 2)}\n`;
    const mode = exists ? (await stat(target)).mode & 0o777 : 0o600;
    try {
      await replaceFile(target, text, mode);
    } catch (cause) {
      throw fileError(path, 'the keys file', cause);
    }
  });
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      // The umask may have removed bits.
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The path of the keys file. @throws CliError `ERR_CLI_USAGE` */
export function requireKeysFile(path: string | undefined): string {
  if (path !== undefined && path !== '') return path;
  throw new CliError(
    'ERR_CLI_USAGE',
    'no keys file given: add --keys-file keys.json, or set FAIRLEAD_KEYS_FILE',
  );
}
