import { hostname } from 'node:os';

import type { RestoreReport, RestoreSource } from './backup/restore-host.ts';
import type { BackupReport } from './backup/backup-host.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { hostError } from './host-error.ts';
import type { HostPaths } from './host-paths.ts';
import { readManifest } from './read-manifest.ts';
import { currentDigest } from './switch-release.ts';

/**
 * Backs up the state of this host, as the release that runs describes it.
 *
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function backUp(paths: HostPaths): Promise<BackupReport> {
  const current = await currentDigest(paths);
  const plan = current === undefined ? undefined : (await readManifest(paths, current)).backup;
  if (plan === undefined) throw hostError('No release with a backup runs on this host.');
  const { backupHost } = await import('./backup/host-backup.ts');
  return backupHost(plan, hostname());
}

/**
 * Restores the state of this host before a release is prepared.
 *
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function restore(
  { backup }: ReleaseManifest,
  source: RestoreSource,
): Promise<RestoreReport> {
  if (backup === undefined) throw hostError('The deployment of this release has no backup.');
  const { restoreHost } = await import('./backup/host-backup.ts');
  return restoreHost(backup, source, hostname());
}
