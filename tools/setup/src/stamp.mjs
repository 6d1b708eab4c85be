// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/**
 * Hashes texts and files to the key of a stamp; a file that does not exist counts as empty.
 * @param {readonly string[]} texts
 * @param {readonly string[]} files
 * @returns {string}
 */
export function stampKey(texts, files) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(texts));
  for (const file of files) {
    const content = readIfThere(file) ?? '';
    hash.update(`\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Returns whether the stamp at `path` has `key`.
 * @param {string} path
 * @param {string} key
 */
export function hasStamp(path, key) {
  return readIfThere(path) === key;
}

/**
 * Writes the stamp so that it is either whole or not there.
 * @param {string} path
 * @param {string} key
 */
export function writeStamp(path, key) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, key);
  renameSync(temporary, path);
}

/**
 * Deletes the stamp, before the work that it stands for begins again.
 * @param {string} path
 */
export function removeStamp(path) {
  rmSync(path, { force: true });
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'ENOTDIR'].includes(String(error.code))
    ) {
      return undefined;
    }
    throw error;
  }
}
