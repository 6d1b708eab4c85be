import type { ConfigurationChange, Difference, HostRollOutPlan } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import { type HostResult, hostValues, onHosts } from '../hosts/on-hosts.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { openPlanned } from './open-planned.ts';

/** Link to the release that runs: another target is no hand edit. */
const CURRENT = '/opt/fairlead/current';

/** Changes that a deployment would make on a host, and hand edits. */
export interface HostChanges {
  /** Release that runs; `undefined` if there is none. */
  readonly current: string | undefined;
  /** Release whose activation was killed; the deployment ends it. */
  readonly pending: string | undefined;
  /** True if the release of the plan runs already, and its activation has ended. */
  readonly upToDate: boolean;
  /** True if the balancer sends the host no requests: the deployment lets it serve again. `undefined` if that isn't known. */
  readonly drained: boolean | undefined;
  /** Bytes of the parts that the host lacks. */
  readonly sendBytes: number;
  /** Differences from the release that runs. */
  readonly handEdits: readonly Difference[];
  /** Configuration files that the release would change. */
  readonly configuration: readonly ConfigurationChange[];
}

/** Plan of the hosts of an environment. */
export interface HostsPlan {
  /** Digest of the release. */
  readonly release: string;
  /** Values of the hosts for `--json`. */
  readonly hosts: readonly object[];
  readonly results: readonly HostResult<HostChanges>[];
}

/** Compares the hosts of an environment with a release; changes nothing. */
export async function planHosts(
  context: CommandContext,
  chosen: ReachableEnvironment,
  { release, trustedKeys }: { release: string; trustedKeys: readonly string[] | undefined },
): Promise<HostsPlan> {
  const { configurationChanges, planRollOut, readRelease } = await import('@fairlead/deploy');
  const { digest } = await readRelease(release, { trustedKeys });
  const planned = await openPlanned(chosen);
  const results = await onHosts(context, { chosen }, async (carrier, url): Promise<HostChanges> => {
    const plan = await planRollOut({ ...planned(carrier, url), release, trustedKeys });
    const [{ current, pending, upToDate, drained, sendBytes, differences }] =
      plan.hosts as readonly [HostRollOutPlan];
    return {
      ...{ current, pending, upToDate, drained, sendBytes },
      handEdits: differences.filter(({ subject }) => subject !== CURRENT),
      configuration: upToDate ? [] : await configurationChanges(carrier, release),
    };
  });
  return { release: digest, hosts: hostValues(results), results };
}
