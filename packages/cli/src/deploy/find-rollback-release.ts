import type { ReleaseStore } from '@fairlead/deploy';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { wasDeployed } from './release-history.ts';

/**
 * Finds the release of `rollback --to`: one that the environment has run, or that it may take.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_NOT_FOUND`, `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_NOT_PROMOTED`
 */
export async function findRollbackRelease(
  { name, environment }: ChosenEnvironment,
  store: ReleaseStore,
  digits: string,
): Promise<string> {
  // The hosts may have one that the store doesn't.
  const digest = /^[0-9a-f]{64}$/.test(digits) ? digits : await store.find(digits);
  const { promoteFrom } = environment;
  if (promoteFrom === undefined) return digest;
  const entries = await store.audit.entries({ environment: name });
  if (!wasDeployed(entries, digest)) await store.results.require(digest, promoteFrom);
  return digest;
}
