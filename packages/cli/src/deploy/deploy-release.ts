import type { ReleaseStore, Rollout } from '@fairlead/deploy';
import { auditContext, type CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import { audited } from './audited.ts';
import { changeRelease } from './change-release.ts';
import { shortDigest } from './format-release.ts';
import type { RunRolloutOptions } from './run-rollout.ts';

/** Options of {@link deployRelease}. */
export interface DeployReleaseOptions {
  readonly chosen: ReachableEnvironment;
  readonly store: ReleaseStore;
  /** Path of the release. */
  readonly release: string;
  readonly digest: string;
  readonly trustedKeys: readonly string[] | undefined;
  readonly watchMs: number | undefined;
  readonly json: boolean;
  /** Options `--actor` and `--reason`. */
  readonly by: { readonly actor?: string | undefined; readonly reason?: string | undefined };
}

/** Deploys a release to an environment: stored, recorded in the audit log, and with its result for promotions. */
export async function deployRelease(
  context: CommandContext,
  options: DeployReleaseOptions,
): Promise<Rollout> {
  const { chosen, store, release, digest, trustedKeys, watchMs, json, by } = options;
  const { rollOut } = await import('@fairlead/deploy');
  // One in a shared store is there for the environments after this one.
  if (chosen.environment.releaseStore !== undefined) await store.add(release);
  const rollout = await audited(
    context,
    {
      ...{ chosen, store, command: 'deploy', release: digest, by },
      resultOf: ({ outcome }: Rollout) => ({ outcome }),
    },
    (note) => {
      const work: RunRolloutOptions['work'] = (fleet) =>
        rollOut({ ...fleet, release, trustedKeys, ...(watchMs !== undefined && { watchMs }) });
      const again = (): string => `fairlead deploy ${chosen.name} --release ${shortDigest(digest)}`;
      return changeRelease(context, {
        ...{ chosen, json, work, again, note },
        workOnNew: () => work,
      });
    },
  );
  const outcome = resultOf(rollout, chosen);
  if (outcome !== undefined) {
    const { actor } = auditContext(context, by);
    const hosts = rollout.hosts.flatMap((each) =>
      each.outcome === 'left' ? [] : [hostLabel(each.host)],
    );
    await store.results.add({
      ...{ actor, outcome, hosts, release: digest },
      environment: chosen.name,
    });
  }
  return rollout;
}

/**
 * Returns the result of a rollout for promotions; `undefined` if it says nothing of the release, such as with a host that can't be reached:
 * a release that has passed stays one that has.
 */
function resultOf(
  { outcome, hosts }: Rollout,
  { environment }: ChosenEnvironment,
): 'passed' | 'failed' | undefined {
  if (outcome === 'reverted' || outcome === 'failed') {
    return hosts.some(hasFailedCheck) ? 'failed' : undefined;
  }
  // With a load balancer's address, it has passed once fairlead check has its answers.
  if (outcome === 'aborted' || environment.url !== undefined) return undefined;
  return 'passed';
}

/** Returns whether the release failed its gate, or the watch, on a host. A host that only followed the others has no message. */
function hasFailedCheck({ outcome, message, log }: Rollout['hosts'][number]): boolean {
  if (outcome === 'left') return false;
  return log !== undefined || (outcome === 'reverted' && message !== undefined);
}
