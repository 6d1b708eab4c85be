import { readFile } from 'node:fs/promises';

import { parseManifest } from '../release/parse-manifest.ts';
import { digestOf, type ReleaseManifest } from '../release/release-manifest.ts';
import { hostError } from './host-error.ts';
import { releaseFolder, type HostPaths } from './host-paths.ts';

/**
 * Reads the manifest of a release on this host.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when it isn't prepared, or its manifest was edited.
 */
export async function readManifest(paths: HostPaths, digest: string): Promise<ReleaseManifest> {
  const path = `${releaseFolder(paths, digest)}/manifest.json`;
  let serialized;
  try {
    serialized = await readFile(path);
  } catch (cause) {
    throw hostError(
      `The release ${digest.slice(0, 12)} isn't on this host. Prepare it first.`,
      cause,
    );
  }
  if (digestOf(serialized) !== digest) {
    throw hostError(`${path} was changed. Prepare the release again.`);
  }
  return parseManifest(serialized.toString());
}
