import type { ReleaseManifest } from '../release/release-manifest.ts';
import type { Difference } from './difference.ts';
import { folderDifferences } from './folder-differences.ts';
import { hostFileState, linkTarget } from './host-links.ts';
import { currentLink, type HostPaths } from './host-paths.ts';
import { readManifest } from './read-manifest.ts';
import { pythonDifferences } from './python/python-differences.ts';
import { releaseDifferences } from './release-differences.ts';
import { secretDifferences } from './secrets/place-secrets.ts';
import { currentDigest } from './switch-release.ts';
import { unitDifferences } from './unit-differences.ts';

/**
 * Compares a host with a prepared release, hand edits included; changes nothing.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the release isn't prepared.
 */
export async function plan(paths: HostPaths, digest: string): Promise<readonly Difference[]> {
  const manifest = await readManifest(paths, digest);
  const current = await currentDigest(paths);
  const switched: Difference[] =
    current === digest
      ? []
      : [{ subject: currentLink(paths), found: current ?? 'missing', expected: digest }];
  return [
    ...switched,
    ...(await releaseDifferences(paths, digest, manifest)),
    ...(await pythonDifferences(paths, digest, manifest)),
    ...(await linkDifferences(paths, manifest)),
    ...(await folderDifferences(paths, digest, manifest)),
    ...(await secretDifferences(manifest)),
    ...(await unitDifferences(paths, digest, manifest)),
  ];
}

async function linkDifferences(
  paths: HostPaths,
  { hostFiles }: ReleaseManifest,
): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const { path } of hostFiles) {
    const state = await hostFileState(paths, path);
    if (state === 'linked') continue;
    const expected = `link to ${linkTarget(paths, path)}`;
    found.push({ subject: path, found: state === 'other' ? 'another file' : 'missing', expected });
  }
  return found;
}
