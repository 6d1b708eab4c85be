import type { ReleaseManifest } from '../release/release-manifest.ts';

/** Names of the Debian packages that a host of a release needs. */
export function hostPackages({ hostFiles }: Pick<ReleaseManifest, 'hostFiles'>): readonly string[] {
  const hasUpdates = hostFiles.some(({ path }) => path.startsWith('/etc/apt/apt.conf.d/'));
  return ['nginx-light', ...(hasUpdates ? ['unattended-upgrades'] : [])];
}
