import type { AuditedFacts, Rollout } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import { count } from '../output/format-values.ts';
import { runRollout, type RunRolloutOptions } from './run-rollout.ts';
import { mergeRollouts, updateNewHosts } from './update-new-hosts.ts';
import { readReleaseOf, writeReleaseOf } from './release-parameter.ts';

/** Options of {@link changeRelease}. */
export interface ChangeReleaseOptions extends RunRolloutOptions {
  /** Returns the work for hosts that started during the rollout, which get the release of the others. */
  readonly workOnNew: (digest: string) => RunRolloutOptions['work'];
  /** Called with facts of the change for the audit log. */
  readonly note: (facts: AuditedFacts) => void;
  /** Returns the command that finishes this change once the cause of a failure is mended. */
  readonly again: (digest: string) => string;
}

/**
 * Changes the release of all hosts of an environment, then the parameter that new hosts read, then the hosts that started before that.
 *
 * @throws CliError, DeployError as `runRollout` and `updateNewHosts`
 */
export async function changeRelease(
  context: CommandContext,
  { workOnNew, note, again, ...options }: ChangeReleaseOptions,
): Promise<Rollout> {
  const onEveryHost = async (release: string): Promise<void> => {
    if (await writeReleaseOf(options.chosen, release)) note({ newHosts: release });
  };
  // Before a host changes: a permission that is missing would fail the change after it, when it has to be written.
  await readReleaseOf(options.chosen);
  const rollout = await runRollout(context, { ...options, onEveryHost });
  const digest = releaseOf(rollout);
  if (digest === undefined) return rollout;
  const work = workOnNew(digest);
  const onNew = { ...options, work, digest, again: again(digest), updated: rollout.hosts };
  return mergeRollouts(rollout, await updateNewHosts(context, onNew));
}

/** Returns the release that all hosts have after a rollout; `undefined` if they don't have one. Never one that only a host names. */
export function releaseOf({ outcome, release }: Rollout): string | undefined {
  return outcome === 'activated' || outcome === 'unchanged' ? release : undefined;
}

/** Describes the hosts of a rollout that haven't left their group, such as `3 hosts of production`. */
export function describeHosts({ hosts }: Rollout, environment: string): string {
  const members = hosts.filter(({ outcome }) => outcome !== 'left');
  return `${count(members.length, 'host')} of ${environment}`;
}
