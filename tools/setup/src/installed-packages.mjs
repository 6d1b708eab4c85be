// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/**
 * An entry of `packages` in a lock file of npm.
 * @typedef {{ link?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 */

/**
 * Counts the packages of the lock file that are installed.
 * @param {string} root
 * @returns {() => string} such as `430 of 912 packages`
 */
export function installedPackages(root) {
  /** @type {unknown} */
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { packages } = /** @type {{ packages: Record<string, LockedPackage> }} */ (lock);
  const expected = Object.entries(packages)
    .filter(([path, entry]) => path.includes('node_modules/') && isForThisMachine(entry))
    .map(([path]) => join(root, path, 'package.json'));
  return () => {
    const installed = expected.filter((file) => existsSync(file)).length;
    return `${installed} of ${expected.length} packages`;
  };
}

/** @param {LockedPackage} entry */
function isForThisMachine({ link = false, os, cpu, libc }) {
  const fits = (/** @type {string[] | undefined} */ list, /** @type {string} */ value) =>
    list === undefined ||
    list.includes(value) ||
    (list[0]?.startsWith('!') === true && !list.includes(`!${value}`));
  // Debian and Ubuntu have glibc.
  return !link && fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc');
}
