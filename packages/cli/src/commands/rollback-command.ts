import type { Command } from '@commander-js/extra-typings';
import type { ReleaseStore, RollBackOptions, Rollout } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { readConfig, type ChosenEnvironment } from '../config/read-config.ts';
import { audited } from '../deploy/audited.ts';
import { changeRelease, describeHosts, releaseOf } from '../deploy/change-release.ts';
import {
  confirmEnvironment,
  environmentNamed,
  type YesOption,
} from '../deploy/confirm-environment.ts';
import { deployStack, previousStackRelease } from '../deploy/deploy-stack.ts';
import { findRollbackRelease } from '../deploy/find-rollback-release.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { previousRelease } from '../deploy/previous-release.ts';
import { requireDeployable } from '../deploy/require-deployable.ts';
import { reportRollout, type RunRolloutOptions } from '../deploy/run-rollout.ts';
import { stackCommand } from '../deploy/run-stack-command.ts';
import { trustedKeysOf } from '../deploy/trusted-keys.ts';
import { readHosts, type ReachableEnvironment } from '../hosts/read-hosts.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  yesEnvironmentOption,
} from '../options/deploy-options.ts';
import { jsonOption } from '../options/shared-options.ts';
import { count } from '../output/format-values.ts';

/** Defines `fairlead rollback`. */
export function defineRollbackCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .option(
      '--to <digest>',
      'Release to return to, or its first digits in the release store (default: the one before)',
    )
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (named, options) => {
      const { yes, json = false } = options;
      const config = await readConfig(options.config, environmentNamed(named, yes));
      if (stackCommand(config) !== undefined) {
        await rollBackStack(context, config, { ...options, named });
        return;
      }
      const chosen = await readHosts(context, config);
      await requireDeployable(context, chosen);
      const store = await openReleases(chosen);
      const to = options.to && (await findRollbackRelease(chosen, store, options.to));
      const what = to === undefined ? 'the release before' : `release ${shortDigest(to)}`;
      await confirmEnvironment(
        context,
        { chosen, named, yes },
        `return ${count(chosen.hosts.length, 'host')} of ${chosen.name} to ${what}`,
      );
      const { rollBack } = await import('@fairlead/deploy');
      const sources = await sourcesOf(chosen, store, to);
      const work =
        (target?: string): RunRolloutOptions['work'] =>
        (fleet) =>
          rollBack({ ...fleet, ...sources, to: target });
      const again = (digest: string) =>
        `fairlead rollback ${chosen.name} --to ${shortDigest(digest)}`;
      const rollout = await audited(
        context,
        {
          ...{ chosen, store, command: 'rollback', by: options },
          resultOf: ({ outcome, release }: Rollout) => ({ outcome, release }),
        },
        (note) =>
          changeRelease(context, {
            ...{ chosen, json, again, note },
            work: work(to),
            workOnNew: work,
          }),
      );
      const where = describeHosts(rollout, chosen.name);
      reportRollout(context, json, rollout, {
        activated: `Release ${releaseOf(rollout)?.slice(0, 12) ?? ''} runs again on ${where}.`,
        unchanged: `Nothing was changed: ${where} run that release already.`,
      });
    });
  addExamples(command, [
    ['return to the release before', 'fairlead rollback production'],
    ['return to a release further back', 'fairlead rollback production --to 4f9a1c20be77'],
    ['in CI', 'fairlead rollback production --yes --json'],
  ]);
}

interface RollBackStackOptions {
  readonly named: string | undefined;
  readonly yes?: YesOption;
  readonly to?: string | undefined;
  readonly json?: boolean | undefined;
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** Deploys the stack again with the release before, which is fetched from the store and verified. */
async function rollBackStack(
  context: CommandContext,
  chosen: ChosenEnvironment,
  { named, yes, to, json = false, ...by }: RollBackStackOptions,
): Promise<void> {
  const store = await openReleases(chosen);
  const digest =
    to === undefined
      ? await previousStackRelease(chosen, store)
      : await findRollbackRelease(chosen, store, to);
  const what = `return ${chosen.name} to release ${shortDigest(digest)}`;
  await confirmEnvironment(context, { chosen, named, yes }, what);
  await using found = await store.fetch(digest);
  const { readRelease } = await import('@fairlead/deploy');
  await readRelease(found.path, { trustedKeys: await trustedKeysOf(chosen) });
  await deployStack(context, {
    ...{ chosen, store, release: found.path, digest, json, by },
    command: 'rollback',
  });
}

/**
 * Returns where hosts get the release that they lack, such as new instances of an Auto Scaling group, and the check of the audit log. The
 * log is read before this rollback has an entry there.
 */
async function sourcesOf(
  chosen: ReachableEnvironment,
  store: ReleaseStore,
  to: string | undefined,
): Promise<Pick<RollBackOptions, 'releases' | 'trustedKeys'>> {
  const { name, hostGroup } = chosen;
  const isShared = chosen.environment.releaseStore !== undefined;
  const entries = to === undefined ? await store.audit.entries({ environment: name }) : [];
  // Hosts that are named one by one know the release before, but not every other one.
  const mayLack = hostGroup !== undefined || to !== undefined;
  return {
    trustedKeys: mayLack ? await trustedKeysOf(chosen) : undefined,
    releases: {
      fetch: (digest) => store.fetch(digest),
      previous: async (current) => {
        const before = await previousRelease({ name, isShared }, entries, current);
        return mayLack ? before : undefined;
      },
    },
  };
}
