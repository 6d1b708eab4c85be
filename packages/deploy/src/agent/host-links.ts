import { cp, lstat, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { ReleaseManifest } from '../release/release-manifest.ts';
import { currentLink, type HostPaths } from './host-paths.ts';

/** Returns the target of the link at a path of the host. */
export function linkTarget(paths: HostPaths, path: string): string {
  return `${currentLink(paths)}/files${path}`;
}

/** Returns the kind of the file at a path: a link of this agent, something else, or nothing. */
export async function hostFileState(
  paths: HostPaths,
  path: string,
): Promise<'linked' | 'other' | 'missing'> {
  try {
    const found = await lstat(path);
    if (!found.isSymbolicLink()) return 'other';
    return (await readlink(path)) === linkTarget(paths, path) ? 'linked' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw error;
  }
}

/**
 * Places links to the files of `current` in the folders of the operating system, and removes those of a release before that the
 * new one doesn't have. A file that was there first is stored in the state folder.
 */
export async function placeLinks(
  paths: HostPaths,
  { hostFiles }: ReleaseManifest,
  before: ReleaseManifest | undefined,
): Promise<void> {
  for (const { path } of hostFiles) {
    const state = await hostFileState(paths, path);
    if (state === 'linked') continue;
    if (state === 'other') await storeReplaced(paths, path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await replaceLink(linkTarget(paths, path), path);
  }
  const wanted = new Set(hostFiles.map(({ path }) => path));
  for (const { path } of before?.hostFiles ?? []) {
    if (wanted.has(path) || (await hostFileState(paths, path)) !== 'linked') continue;
    await rm(path);
  }
}

/** Replaces a link or a file by a link, at once. */
export async function replaceLink(target: string, path: string): Promise<void> {
  const temporary = `${path}.fairlead-new`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
}

async function storeReplaced({ state }: HostPaths, path: string): Promise<void> {
  const copy = `${state}/replaced${path}`;
  await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
  await cp(path, copy, {
    recursive: true,
    force: false,
    errorOnExist: false,
    verbatimSymlinks: true,
  });
}
