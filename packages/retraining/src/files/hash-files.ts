import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { RetrainingError } from '../retraining-error.ts';

/** SHA-256 of a file, in lower-case hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Files below a folder, by their paths in it with `/`, in order; empty if the folder doesn't exist. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll('\\', '/'))
    .sort();
}

/**
 * SHA-256 of the names and contents of all files below a folder; undefined without files.
 *
 * @throws RetrainingError `ERR_RETRAINING_TRAINING_FAILED` for what is neither a file nor a folder: a link may lead to anything, and has no content that stays
 */
export async function hashFolder(folder: string): Promise<string | undefined> {
  await checkKinds(folder);
  const names = await filesBelow(folder);
  if (names.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${await hashFile(join(folder, name))} ${name}\n`);
  return hash.digest('hex');
}

async function checkKinds(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const special = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (special === undefined) return;
  const kind = special.isSymbolicLink() ? 'a symbolic link' : 'no file';
  throw new RetrainingError(
    'ERR_RETRAINING_TRAINING_FAILED',
    `the training wrote ${relative(folder, join(special.parentPath, special.name))} to FAIRLEAD_TRAINING_OUTPUT, which is ${kind}; it must write files there`,
  );
}
