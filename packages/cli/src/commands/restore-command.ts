import type { Command } from '@commander-js/extra-typings';
import type { HostRestore } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { readConfig } from '../config/read-config.ts';
import { audited } from '../deploy/audited.ts';
import { confirmEnvironment, environmentNamed } from '../deploy/confirm-environment.ts';
import { findRelease } from '../deploy/find-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { findNewHosts, startOther } from '../plan/plan-new-hosts.ts';
import { requireDeployable } from '../deploy/require-deployable.ts';
import { requirePromotion } from '../deploy/require-promotion.ts';
import { trustedKeysOf } from '../deploy/trusted-keys.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { onHosts } from '../hosts/on-hosts.ts';
import { noteSuspension } from '../hosts/note-suspended.ts';
import { presentHosts } from '../hosts/present-hosts.ts';
import { readHosts, type ReachableEnvironment } from '../hosts/read-hosts.ts';
import { hostLabel, selectHosts } from '../hosts/select-hosts.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
  releaseOption,
  skipPromotionOption,
  yesEnvironmentOption,
} from '../options/deploy-options.ts';
import { jsonOption } from '../options/shared-options.ts';
import { count } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { ProgressLine } from '../output/progress-line.ts';

/** Defines `fairlead restore`. */
export function defineRestoreCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(releaseOption)
    .option(
      '--from <place>',
      'Backups: a folder on the host, or s3://bucket/prefix (default: backup.to of the deployment)',
    )
    .option(
      '--from-host <name>',
      'Host name whose backup it is (default: that of the host, or the only one with a backup)',
    )
    .addOption(skipPromotionOption)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (named, options) => {
      const { yes } = options;
      const config = await readConfig(options.config, environmentNamed(named, yes));
      if (config.deployment.backup === undefined) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'the deployment has no backup, which names the state of a host: set backup, such as { to: "s3://bucket/prefix" }',
        );
      }
      const chosen = await readHosts(context, config);
      noteSuspension(context, chosen.hostGroup);
      await requireDeployable(context, chosen);
      const urls = selectHosts(chosen, options.host);
      const store = await openReleases(chosen);
      await using found = await findRelease(context, { chosen, store, given: options.release });
      const release = found.path;
      const trustedKeys = await trustedKeysOf(chosen);
      const { readRelease, restoreToHost } = await import('@fairlead/deploy');
      const { digest } = await readRelease(release, { trustedKeys });
      await requirePromotion(chosen, store, digest, options);
      const where = urls.map(hostLabel).join(', ');
      const what = `restore the backup on ${where}, and activate release ${shortDigest(digest)}`;
      await confirmEnvironment(context, { chosen, named, yes }, what);
      const progress = new ProgressLine(context.io);
      const restore = () =>
        onHosts(context, { chosen, only: options.host }, (carrier, url) =>
          restoreToHost(carrier, {
            ...{ release, trustedKeys, from: options.from, host: options.fromHost },
            onStep: (step) => {
              progress.show(`${hostLabel(url)}: ${step}`);
            },
          }),
        );
      const results = await audited(
        context,
        {
          ...{ chosen, store, command: 'restore', release: digest, by: options },
          resultOf: (all: Awaited<ReturnType<typeof restore>>) => ({
            release: digest,
            outcome: all.every((each) => 'value' in each && isServing(each.value))
              ? 'activated'
              : 'failed',
          }),
        },
        restore,
      ).finally(() => {
        progress.clear();
      });
      // Before the results, which end the command when a host failed.
      await noteNewHosts(context, chosen, digest);
      presentHosts(context, options, {
        value: { environment: chosen.name, release },
        results,
        format: formatRestored,
      });
      const failed = results.flatMap((result) =>
        'value' in result && !isServing(result.value) ? [hostLabel(result.host)] : [],
      );
      if (failed.length === 0) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `the state was restored, but the release failed its gate on ${failed.join(', ')}`,
      );
    });
  addExamples(command, [
    [
      'a new host in place of one that was lost',
      'fairlead restore production --host 10.0.0.7 --from-host ip-10-0-0-1',
    ],
    [
      'in CI, from a copy of the backups',
      'fairlead restore production --from s3://backup-copy/shop --yes --json',
    ],
  ]);
}

/** Notes that new hosts start with another release than the one that was restored. */
async function noteNewHosts(
  context: CommandContext,
  chosen: ReachableEnvironment,
  digest: string,
): Promise<void> {
  const newHosts = await findNewHosts(context, chosen);
  if (!startOther(newHosts, digest)) return;
  const short = shortDigest(digest);
  context.output.note(
    oneLine(
      `fairlead: new hosts start with another release than ${short}: fairlead deploy --release ${short} gives it to all hosts`,
    ),
  );
}

function isServing({ outcome }: HostRestore): boolean {
  return outcome === 'activated' || outcome === 'unchanged';
}

function formatRestored(host: HostRestore): readonly string[] {
  const { restored, outcome, digest, message, log = [] } = host;
  const { location, at, files, models } = restored;
  const registry = models === undefined ? '' : ` and ${count(models.length, 'model')}`;
  const release = digest === undefined ? '' : ` release ${shortDigest(digest)}`;
  return [
    `restored ${count(files.length, 'file')}${registry} of ${at} from ${location}`,
    `${outcome}${release}`,
    ...(message === undefined ? [] : [oneLine(message)]),
    ...log.map((line) => `  ${oneLine(line)}`),
  ];
}
