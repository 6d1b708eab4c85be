import type { Difference } from '../agent/difference.ts';
import { activatedRelease, isActive, readHostStatus } from '../hosts/host-status.ts';
import { planHost } from '../hosts/plan-host.ts';
import { bytesOf, findMissingParts } from '../hosts/release-agent.ts';
import { readRelease } from '../release/read-release.ts';
import { checkRollOutOptions, type RollOutOptions } from './roll-out-options.ts';
import { targetOf } from './target-of.ts';

/** Plan of a host. */
export interface HostRollOutPlan {
  readonly host: string;
  /** Release that runs. */
  readonly current: string | undefined;
  /** Release whose activation, or whose rollback, was killed: the host may be drained, and the next `rollOut` activates its release. */
  readonly pending: string | undefined;
  /** True if the new release runs, and passed its gate: `rollOut` leaves it as it is, as long as it is healthy. */
  readonly upToDate: boolean;
  /**
   * True if the balancer sends the host no requests, because it is drained: an update that was killed may have left it so, and `rollOut` lets
   * it serve again. `undefined` without a balancer, and when that can't be found out.
   */
  readonly drained: boolean | undefined;
  /** Bytes of parts that the host lacks. */
  readonly sendBytes: number;
  /**
   * Differences between the host and the release, hand edits included; those to the release that runs if the host doesn't have the new
   * one yet.
   */
  readonly differences: readonly Difference[];
}

/** Plan of a rolling update. */
export interface RollOutPlan {
  readonly digest: string;
  readonly hosts: readonly HostRollOutPlan[];
}

/**
 * Finds what `rollOut` with the same options would do; changes nothing.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_RELEASE_UNTRUSTED`, `ERR_DEPLOY_HOST`
 *
 * @example
 * ```ts
 * import { planRollOut } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const planning = planRollOut({ hosts: [{ carrier: localCarrier() }], release: 'package.json' });
 * console.log(await planning.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function planRollOut(options: RollOutOptions): Promise<RollOutPlan> {
  checkRollOutOptions(options);
  const { release: path, trustedKeys } = options;
  const release = { path, documents: await readRelease(path, { trustedKeys }) };
  const { digest } = release.documents;
  const hosts = await Promise.all(
    options.hosts.map(async (rolloutHost) => {
      const { carrier } = rolloutHost;
      // A plan needs no balancer: one that can't be reached fails the update.
      const drained = await options.balancer
        ?.isDrained?.(targetOf(rolloutHost))
        .catch(() => undefined);
      const missing = await findMissingParts(carrier, release);
      const status = await readHostStatus(carrier);
      const { history, pending } = status;
      const current = activatedRelease(status);
      const isPrepared = current === digest || history.includes(digest);
      const { differences } = await planHost(carrier, isPrepared ? digest : current);
      const upToDate = isActive(status, digest);
      const sendBytes = bytesOf(release, missing);
      return { host: carrier.host, current, pending, upToDate, drained, sendBytes, differences };
    }),
  );
  return { digest, hosts };
}
