import type { AuditEntry } from '@fairlead/deploy';
import { shortDigest } from './format-release.ts';
import { releaseHistory, unfinishedCommand, type ReleaseHistory } from './release-history.ts';

/**
 * Finds the release that an environment ran before another one, by its audit log: for a rollback when no host is old enough to know it.
 * `undefined` if the log knows none.
 *
 * @param environment its name, and whether its log is shared: one of this machine alone may lack the changes from others
 * @param entries of that environment before the rollback, the oldest first
 * @throws DeployError `ERR_DEPLOY_HOST` when the log and the hosts have different releases, so that the one before isn't known: after a
 * rollback that was killed, another one would go one release further back
 */
export async function previousRelease(
  { name: environment, isShared }: { readonly name: string; readonly isShared: boolean },
  entries: readonly AuditEntry[],
  current: string,
): Promise<string | undefined> {
  const history = releaseHistory(entries);
  const { releases, unfinished } = history;
  const [last, before] = releases;
  if (last === undefined) return undefined;
  const isSame = last === current;
  if (isSame && !mayBeReturned(history)) return before;
  const command = unfinishedCommand(history, current);
  // The deployment of this release failed, or was killed, after all hosts had it.
  const isDeployed = unfinished.some(({ release }) => release === current);
  if (!isSame && command === 'deploy' && isDeployed) return last;
  if (!isSame && command === 'deploy' && !isShared) return undefined;
  const { DeployError } = await import('@fairlead/deploy');
  const problem = isSame
    ? 'the audit log has a deployment and a rollback since that were not finished'
    : `the last release of ${environment} in the audit log is ${shortDigest(last)}: a change was not finished, or is in another log`;
  const rollback = (to: string): string => `fairlead rollback ${environment} --to ${to}`;
  const deploy = (release: string): string =>
    `fairlead deploy ${environment} --release ${shortDigest(release)}`;
  const keep = command === 'rollback' ? rollback(shortDigest(current)) : deploy(current);
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The hosts run ${shortDigest(current)}, but ${problem}. Name the release that all of them are to run: ${keep} keeps theirs, ${isSame ? '' : `${deploy(last)} brings the last one back, `}${rollback('<digest>')} returns to an earlier one.`,
  );
}

/** Returns whether a rollback may have returned the hosts from a deployment, neither of which was finished. */
function mayBeReturned({ unfinished }: ReleaseHistory): boolean {
  const deployed = unfinished.findIndex(({ command }) => command === 'deploy');
  return (
    deployed !== -1 && unfinished.slice(deployed).some(({ command }) => command === 'rollback')
  );
}
