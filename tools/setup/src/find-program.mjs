// @ts-check
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Folders in which Debian installs servers; the PATH of an ordinary user lacks them. */
export const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/lib/podman'];

/**
 * The first executable of that name, or undefined.
 * @param {string} name
 * @param {readonly string[]} folders
 */
export function findProgram(name, folders) {
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
