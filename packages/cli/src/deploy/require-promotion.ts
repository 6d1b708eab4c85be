import type { ReleaseStore } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';

/**
 * Requires that a release has passed the environment that releases are promoted from.
 *
 * @throws DeployError `ERR_DEPLOY_NOT_PROMOTED`; CliError `ERR_CLI_USAGE` when the check is skipped without a reason
 */
export async function requirePromotion(
  { environment }: ChosenEnvironment,
  store: ReleaseStore,
  digest: string,
  {
    dangerouslySkipPromotion: skipped,
    reason,
  }: {
    readonly dangerouslySkipPromotion?: true | undefined;
    readonly reason?: string | undefined;
  },
): Promise<void> {
  const { promoteFrom } = environment;
  if (promoteFrom === undefined) return;
  if (skipped !== true) {
    await store.results.require(digest, promoteFrom);
    return;
  }
  if (reason !== undefined && reason.trim() !== '') return;
  throw new CliError(
    'ERR_CLI_USAGE',
    '--dangerously-skip-promotion needs a reason for the audit log: add --reason "…"',
  );
}
