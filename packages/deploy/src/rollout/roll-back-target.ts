import type { HostStatus } from '../agent/status.ts';
import { DeployError } from '../deploy-error.ts';
import { isActive } from '../hosts/host-status.ts';
import type { RollBackReleases } from './roll-out-options.ts';

/** Status of a host by its name. */
export type HostStatuses = readonly (readonly [host: string, status: HostStatus])[];

/** Release that a host returns to; after a killed activation, the one that passed its gate last; after a killed rollback, its release. */
export function previousOf({
  history,
  pending,
  isRollback = false,
}: HostStatus): string | undefined {
  if (pending === undefined) return history[1];
  return isRollback ? pending : history[0];
}

/**
 * Finds the one release that all hosts return to. After a change that stopped between two hosts, it is the release that some of them have
 * already. With `releases`, hosts that have none before, because they are new, follow the log, which has to agree with the others.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when there is none, or hosts would return to different ones
 */
export async function findTarget(
  statuses: HostStatuses,
  releases: RollBackReleases | undefined,
): Promise<string> {
  const [first] = statuses;
  const isStopped = statuses.some(
    ([, { current, pending }]) => pending !== undefined || current !== first?.[1].current,
  );
  const logged = async ({ current }: HostStatus): Promise<string | undefined> => {
    const found = loggedBefore(current, releases);
    // The log lacks a change that was stopped: the hosts decide.
    return isStopped ? found.catch(() => undefined) : found;
  };
  const before = await Promise.all(
    statuses.map(async ([, status]) => previousOf(status) ?? (await logged(status))),
  );
  // Without a log, new hosts follow the others.
  const mayFollow = !isStopped && releases !== undefined && releases.previous === undefined;
  const returns = (target: string): boolean =>
    statuses.some(([, status]) => !isActive(status, target)) &&
    statuses.every(
      ([, status], index) =>
        isActive(status, target) ||
        before[index] === target ||
        (mayFollow && before[index] === undefined),
    );
  // An update stopped between two hosts: the last of them have the old release. A rollback stopped: the first of them have it.
  const candidates = [...statuses.toReversed().map(([, { current }]) => current), ...before];
  const target = candidates.flatMap((each) => each ?? []).find(returns);
  if (target === undefined) throw noTarget(statuses, before, releases);
  if (!isStopped) await requireLogged(target, first?.[1].current, releases);
  return target;
}

/** Returns the release before another one in the history of the fleet; `undefined` if it isn't known. */
async function loggedBefore(
  current: string | undefined,
  releases: RollBackReleases | undefined,
): Promise<string | undefined> {
  return current === undefined ? undefined : releases?.previous?.(current);
}

/** Requires that the history of the fleet has the release too, because new hosts get what the old ones name. */
async function requireLogged(
  target: string,
  current: string | undefined,
  releases: RollBackReleases | undefined,
): Promise<void> {
  const logged = await loggedBefore(current, releases);
  if (logged === undefined || logged === target) return;
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The hosts name ${target.slice(0, 12)} as the release before, but the audit log names ${logged.slice(0, 12)}. Name the release that all of them are to run: fairlead rollback --to <digest>.`,
  );
}

function noTarget(
  statuses: HostStatuses,
  before: readonly (string | undefined)[],
  releases: RollBackReleases | undefined,
): DeployError {
  const fix = 'Name the release that all of them are to run: fairlead rollback --to <digest>.';
  if (releases !== undefined && before.every((each) => each === undefined)) {
    return new DeployError(
      'ERR_DEPLOY_HOST',
      `No host has a release before the one that runs, and the audit log names none. ${fix}`,
    );
  }
  const shown = statuses.map(
    ([host], index) => `${host} to ${before[index]?.slice(0, 12) ?? 'none'}`,
  );
  return new DeployError(
    'ERR_DEPLOY_HOST',
    `The hosts would return to different releases (${shown.join(', ')}). ${fix}`,
  );
}
