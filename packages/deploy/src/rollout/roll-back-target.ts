import type { HostStatus } from '../agent/status.ts';
import { DeployError } from '../deploy-error.ts';
import type { RollBackReleases } from './roll-out-options.ts';

/** Status of a host by its name. */
export type HostStatuses = readonly (readonly [host: string, status: HostStatus])[];

/** Release that a host returns to; after a killed activation, the one that passed its gate last. */
export function previousOf({ history, pending }: HostStatus): string | undefined {
  return pending === undefined ? history[1] : history[0];
}

/**
 * Finds the one release that all hosts return to. With `releases`, hosts that have none before, because they are new, follow the others.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when there is none, or hosts would return to different ones
 */
export async function findTarget(
  statuses: HostStatuses,
  releases: RollBackReleases | undefined,
): Promise<string> {
  if (releases === undefined) return commonTarget(statuses);
  const older = statuses.filter(([, status]) => previousOf(status) !== undefined);
  if (older.length > 0) return commonTarget(older);
  const current = new Set(statuses.map(([, status]) => status.current));
  const [release] = current;
  const target =
    release !== undefined && current.size === 1 ? await releases.previous?.(release) : undefined;
  if (target !== undefined) return target;
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    'No host has a release before the one that runs, and the audit log names none. Deploy the release that all of them are to run.',
  );
}

function commonTarget(statuses: HostStatuses): string {
  const previous = statuses.map(([, status]) => previousOf(status));
  const [first] = previous;
  if (first !== undefined && previous.every((each) => each === first)) return first;
  // An update stopped between two hosts: the last of them have the old release. A rollback stopped: the first of them have it.
  const runs = (release: string, { current, pending }: HostStatus): boolean =>
    current === release && pending === undefined;
  const target = statuses
    .toReversed()
    .flatMap(([, { current }]) => current ?? [])
    .find(
      (release) =>
        previous.includes(release) &&
        statuses.every(([, status]) => runs(release, status) || previousOf(status) === release),
    );
  if (target !== undefined) return target;
  const shown = statuses.map(
    ([host], index) => `${host} to ${previous[index]?.slice(0, 12) ?? 'none'}`,
  );
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The hosts would return to different releases (${shown.join(', ')}). Deploy the release that all of them are to run.`,
  );
}
