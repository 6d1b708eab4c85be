import type { Command } from '@commander-js/extra-typings';
import type { HostRollOutPlan, ReleaseDocuments } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { buildFromConfig } from '../deploy/build-from-config.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { type ChosenEnvironment, readConfig } from '../config/read-config.ts';
import { trustedKeysOf } from '../deploy/trusted-keys.ts';
import { reportRollout, runRollout } from '../deploy/run-rollout.ts';
import { type HostResult, hostValues, onHosts, requireAllHosts } from '../hosts/on-hosts.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  releaseOption,
} from '../options/deploy-options.ts';
import { dryRunOption, jsonOption, parseSpan, yesOption } from '../options/shared-options.ts';
import { count, formatBytes } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';

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
    .addOption(dryRunOption)
    .addOption(yesOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const { json = false, dryRun = false } = options;
      const release = await findRelease(context, chosen, options.release);
      const { rollOut, readRelease } = await import('@fairlead/deploy');
      const trustedKeys = await trustedKeysOf(chosen);
      const documents = await readRelease(release, { trustedKeys });
      if (dryRun) {
        await preview(context, chosen, { documents, release, trustedKeys, json });
        return;
      }
      const { hosts } = chosen.environment;
      const digest = shortDigest(documents.digest);
      const where = `${count(hosts.length, 'host')} of ${chosen.name}`;
      await confirm(context, options, `deploy release ${digest} to ${where}`);
      const { watch } = options;
      const rollout = await runRollout(context, {
        ...{ chosen, json },
        work: (fleet) =>
          rollOut({
            ...{ ...fleet, release, trustedKeys },
            ...(watch !== undefined && { watchMs: watch }),
          }),
      });
      reportRollout(context, json, rollout, {
        activated: `Release ${digest} runs on ${where}.`,
        unchanged: `Release ${digest} runs on ${where} already: nothing was changed.`,
      });
    });
  addExamples(command, [
    ['build a release and deploy it', 'fairlead deploy'],
    ['what would happen, host by host', 'fairlead deploy production --dry-run'],
    [
      'in CI: an archive that was built before, with the progress as JSON lines',
      'fairlead deploy production --release releases/fairlead.tar --yes --json',
    ],
  ]);
}

async function findRelease(
  context: CommandContext,
  chosen: ChosenEnvironment,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return given;
  const built = await buildFromConfig(context, chosen);
  context.output.note(`Built release ${shortDigest(built.digest)}: ${oneLine(built.path)}`);
  return built.path;
}

/** Effect of a deployment on a host. */
type HostPreview = Pick<HostRollOutPlan, 'current' | 'sendBytes' | 'differences'>;

interface PreviewOptions {
  readonly documents: ReleaseDocuments;
  readonly release: string;
  readonly trustedKeys: readonly string[] | undefined;
  readonly json: boolean;
}

/** Shows for each host what a deployment would do. */
async function preview(
  context: CommandContext,
  chosen: ChosenEnvironment,
  { documents, release, trustedKeys, json }: PreviewOptions,
): Promise<void> {
  const { planRollOut } = await import('@fairlead/deploy');
  const results = await onHosts(context, { chosen }, async (carrier) => {
    const { hosts } = await planRollOut({ hosts: [{ carrier }], release, trustedKeys });
    const [{ current, sendBytes, differences }] = hosts as [HostRollOutPlan];
    return { current, sendBytes, differences };
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
  const { current, sendBytes, differences } = result.value;
  const shown = current === undefined ? 'none' : shortDigest(current);
  const edits = differences.filter(({ subject }) => subject !== '/opt/fairlead/current');
  const found =
    edits.length === 0 ? '' : `; ${count(edits.length, 'hand edit')}: see fairlead hosts plan`;
  if (current === digest) return [shown, `stay${found}`];
  return [shown, `send ${formatBytes(sendBytes)}, activate ${shortDigest(digest)}${found}`];
}
