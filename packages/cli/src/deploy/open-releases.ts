import type { ReleaseStore } from '@fairlead/deploy';
import type { ChosenEnvironment } from '../config/read-config.ts';

/** Opens the store of releases of an environment, with its audit log. */
export async function openReleases({
  environment,
  resolvePath,
}: ChosenEnvironment): Promise<ReleaseStore> {
  const { releaseStore, release } = environment;
  const location = releaseStore ?? release.out ?? 'releases';
  const { openReleaseStore } = await import('@fairlead/deploy');
  return openReleaseStore(location.startsWith('s3://') ? location : resolvePath(location));
}
