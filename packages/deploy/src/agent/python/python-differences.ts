import { readlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { ReleaseManifest } from '../../release/release-manifest.ts';
import type { Difference } from '../difference.ts';
import { releaseFolder, type HostPaths } from '../host-paths.ts';
import { readBytecode, sha256Of } from './application-bytecode.ts';
import { environmentPaths } from './environment-paths.ts';
import { findChanges, readInventory } from './inventory.ts';

/** Changed files of a virtual environment that are listed one by one. */
const MAX_CHANGES = 20;

/** Compares the Python packages and compiled modules of a release with those that were installed. */
export async function pythonDifferences(
  paths: HostPaths,
  digest: string,
  manifest: ReleaseManifest,
): Promise<readonly Difference[]> {
  const environment = environmentPaths(paths, manifest);
  if (environment === undefined) return [];
  const release = releaseFolder(paths, digest);
  const differences: Difference[] = [];

  const link = join(release, 'venv');
  const target = `../../venvs/${environment.name}`;
  const found = await readlink(link).catch(() => 'missing');
  if (found !== target) differences.push({ subject: link, found, expected: `link to ${target}` });

  for (const [path, sha256] of await readBytecode(release)) {
    const subject = join(release, path);
    const content = await sha256Of(subject).catch(() => undefined);
    if (content === sha256) continue;
    const state = content === undefined ? 'missing' : 'another content';
    differences.push({ subject, found: state, expected: `SHA-256 ${sha256}` });
  }

  const { folder } = environment;
  const inventory = await readInventory(folder);
  if (inventory === undefined) {
    const state = 'missing, or its installation was interrupted';
    return [...differences, { subject: folder, found: state, expected: 'the Python packages' }];
  }
  const changes = await findChanges(folder, inventory);
  for (const { path, ...states } of changes.slice(0, MAX_CHANGES)) {
    differences.push({ subject: path, ...states });
  }
  const more = changes.length - MAX_CHANGES;
  if (more > 0) {
    differences.push({
      subject: folder,
      found: `${more} other files are changed, missing or new`,
      expected: 'the Python packages as installed',
    });
  }
  return differences;
}
