import { checkUserDataOptions, type UserDataOptions } from './first-boot-options.ts';
import { readBootRelease } from './boot-release.ts';
import { renderFirstBoot } from './render-first-boot.ts';

/**
 * Returns user data of cloud-init that puts a release on a host at its first boot: for instances of an Auto Scaling group or a launch
 * template. The host installs Debian packages, downloads the release, checks its digest, activates it behind its gate, and signals the
 * end; after a failure with the last lines of the log, `/var/log/fairlead-first-boot.log`. User data can be read by every program on the
 * instance, so it has no secrets.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`
 *
 * @example
 * ```ts
 * import { renderUserData } from '@fairlead/deploy';
 *
 * const source = { bucket: 'acme-deploy', key: 'release.tar', region: 'eu-central-1' };
 * const rendering = renderUserData({ release: 'package.json', source });
 * console.log(await rendering.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function renderUserData(options: UserDataOptions): Promise<string> {
  checkUserDataOptions(options);
  const { release, ...others } = options;
  return renderFirstBoot({ ...others, release: await readBootRelease(release) });
}
