import type { Command } from '@commander-js/extra-typings';
import type { HostRollOutPlan, ReleaseDocuments } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import {
  confirmEnvironment,
  environmentNamed,
  type EnvironmentConfirmation,
} from '../deploy/confirm-environment.ts';
import { describeHosts } from '../deploy/change-release.ts';
import { deployRelease } from '../deploy/deploy-release.ts';
import { deployStack, type DeployStackOptions } from '../deploy/deploy-stack.ts';
import { findRelease } from '../deploy/find-release.ts';
import { shortDigest, shownRelease } from '../deploy/format-release.ts';
import { readConfig, type ChosenEnvironment } from '../config/read-config.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { requireDeployable } from '../deploy/require-deployable.ts';
import { requirePromotion } from '../deploy/require-promotion.ts';
import { stackCommand } from '../deploy/run-stack-command.ts';
import { trustedKeysOf } from '../deploy/trusted-keys.ts';
import { reportRollout } from '../deploy/run-rollout.ts';
import { type HostResult, hostValues, onHosts, requireAllHosts } from '../hosts/on-hosts.ts';
import { readHosts, type ReachableEnvironment } from '../hosts/read-hosts.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  releaseOption,
  skipPromotionOption,
  yesEnvironmentOption,
} from '../options/deploy-options.ts';
import { dryRunOption, jsonOption, parseSpan } from '../options/shared-options.ts';
import { count, formatBytes } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';
import { SERVE } from '../plan/format-plan.ts';
import { openPlanned } from '../plan/open-planned.ts';

/** Defines `fairlead deploy`. */
export function defineDeployCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(releaseOption)
    .option(
      '--watch <span>',
      'Time for which the hosts are watched after the update (default: 75s)',
      parseSpan,
    )
    .addOption(skipPromotionOption)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(dryRunOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (named, options) => {
      const { yes, json = false, dryRun = false } = options;
      const config = await readConfig(options.config, environmentNamed(named, yes));
      // The command of a stack creates the hosts.
      const reached =
        stackCommand(config) === undefined ? await readHosts(context, config) : undefined;
      if (reached !== undefined) await requireDeployable(context, reached);
      const chosen = reached ?? config;
      const store = await openReleases(chosen);
      const { readRelease } = await import('@fairlead/deploy');
      await using found = await findRelease(context, { chosen, store, given: options.release });
      const release = found.path;
      const trustedKeys = await trustedKeysOf(chosen);
      const documents = await readRelease(release, { trustedKeys });
      await requirePromotion(chosen, store, documents.digest, options);
      const digest = shortDigest(documents.digest);
      const { name } = chosen;
      if (reached === undefined) {
        await deployWithStack(context, chosen, {
          ...{ store, release, digest: documents.digest, json, dryRun, by: options },
          confirmation: { chosen, named, yes },
        });
        return;
      }
      if (dryRun) {
        await preview(context, reached, { documents, release, trustedKeys, json });
        return;
      }
      await confirmEnvironment(
        context,
        { chosen, named, yes },
        `deploy release ${digest} to ${count(reached.hosts.length, 'host')} of ${name}`,
      );
      const rollout = await deployRelease(context, {
        ...{ chosen: reached, store, release, trustedKeys, json },
        ...{ digest: documents.digest, watchMs: options.watch, by: options },
      });
      const where = describeHosts(rollout, name);
      reportRollout(context, json, rollout, {
        activated: `Release ${digest} runs on ${where}.`,
        unchanged: `Release ${digest} runs on ${where} already: nothing was changed.`,
      });
    });
  addExamples(command, [
    ['build a release and deploy it', 'fairlead deploy'],
    ['what would happen, host by host', 'fairlead deploy production --dry-run'],
    [
      'in CI: the release that passed staging, with the progress as JSON lines',
      'fairlead deploy production --release 4f9a1c20be77 --yes production --json',
    ],
  ]);
}

interface DeployWithStackOptions extends Omit<DeployStackOptions, 'chosen' | 'command'> {
  readonly dryRun: boolean;
  readonly confirmation: EnvironmentConfirmation;
}

/** Deploys a release by the command of the stack, or shows what would happen. */
async function deployWithStack(
  context: CommandContext,
  chosen: ChosenEnvironment,
  { dryRun, confirmation, ...options }: DeployWithStackOptions,
): Promise<void> {
  const { release, digest, json } = options;
  const { name } = chosen;
  const command = stackCommand(chosen) ?? [];
  const what = `deploy release ${shortDigest(digest)} to ${name} by ${oneLine(command.join(' '))}`;
  if (!dryRun) {
    await confirmEnvironment(context, confirmation, what);
    await deployStack(context, { ...options, chosen, command: 'deploy' });
    return;
  }
  const value = { dryRun, environment: name, release, digest, command };
  context.output.present({ ...(json && { json }) }, value, () => [
    `Would ${what}; fairlead plan ${name} shows the changes of the stack.`,
    'Dry run: nothing was changed.',
  ]);
}

/** Effect of a deployment on a host. */
type HostPreview = Omit<HostRollOutPlan, 'host'>;

interface PreviewOptions {
  readonly documents: ReleaseDocuments;
  readonly release: string;
  readonly trustedKeys: readonly string[] | undefined;
  readonly json: boolean;
}

/** Shows for each host what a deployment would do. */
async function preview(
  context: CommandContext,
  chosen: ReachableEnvironment,
  { documents, release, trustedKeys, json }: PreviewOptions,
): Promise<void> {
  const { planRollOut } = await import('@fairlead/deploy');
  const planned = await openPlanned(chosen);
  const results = await onHosts(context, { chosen }, async (carrier, url) => {
    const { hosts } = await planRollOut({ ...planned(carrier, url), release, trustedKeys });
    const [{ host: _, ...plan }] = hosts as [HostRollOutPlan];
    return plan;
  });
  const { digest } = documents;
  const value = {
    dryRun: true,
    environment: chosen.name,
    release,
    digest,
    hosts: hostValues(results),
  };
  context.output.present({ ...(json && { json }) }, value, () => [
    ...table(
      ['host', 'release', 'would'],
      results.map((result) => [hostLabel(result.host), ...previewRow(result, digest)]),
    ),
    'Dry run: nothing was changed.',
  ]);
  requireAllHosts(results);
}

function previewRow(result: HostResult<HostPreview>, digest: string): readonly string[] {
  if ('error' in result) return ['–', oneLine(result.error.message).slice(0, 160)];
  const { current, pending, upToDate, drained, sendBytes, differences } = result.value;
  const shown = shownRelease(current, pending);
  const edits = differences.filter(({ subject }) => subject !== '/opt/fairlead/current');
  const found =
    edits.length === 0 ? '' : `; ${count(edits.length, 'hand edit')}: see fairlead hosts plan`;
  if (upToDate) return [shown, `${drained === true ? SERVE : 'stay'}${found}`];
  return [shown, `send ${formatBytes(sendBytes)}, activate ${shortDigest(digest)}${found}`];
}
