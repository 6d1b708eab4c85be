import type { Command } from '@commander-js/extra-typings';
import type { HostPlan, HostRollOutPlan } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { shortDigest, shownRelease } from '../../deploy/format-release.ts';
import { readConfig } from '../../config/read-config.ts';
import { onHosts } from '../../hosts/on-hosts.ts';
import { openPlanned } from '../../plan/open-planned.ts';
import { presentHosts } from '../../hosts/present-hosts.ts';
import { trustedKeysOf } from '../../deploy/trusted-keys.ts';
import { readHosts } from '../../hosts/read-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
  releaseOption,
} from '../../options/deploy-options.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { count, formatBytes } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';

/** Defines `fairlead hosts plan`. */
export function definePlanCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(releaseOption)
    .option('--check', 'Fail if a host differs')
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readHosts(context, await readConfig(options.config, environment));
      const { planHost, planRollOut, readRelease } = await import('@fairlead/deploy');
      const { release, host: only } = options;
      if (release !== undefined) {
        await readRelease(release, { trustedKeys: await trustedKeysOf(chosen) });
      }
      const planned = release === undefined ? undefined : await openPlanned(chosen);
      const results = await onHosts(
        context,
        { chosen, only },
        async (carrier, url): Promise<Plan> => {
          if (release === undefined || planned === undefined) return planHost(carrier);
          const { digest, hosts } = await planRollOut({ ...planned(carrier, url), release });
          return { digest, ...hosts[0], differences: hosts[0]?.differences ?? [] };
        },
      );
      const { processes, processesReason } = chosen.deployment.gateway;
      const reason = processesReason ?? 'as the deployment says';
      presentHosts(context, options, {
        value: { environment: chosen.name, processes: { number: processes, reason } },
        summary: [
          `The gateway runs as ${count(processes, 'process', 'processes')}: ${oneLine(reason)}.`,
        ],
        results,
        format: formatPlan,
      });
      const differing = results.filter(
        (result) => 'value' in result && result.value.differences.length > 0,
      );
      if (!options.check || differing.length === 0) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${count(differing.length, 'host')} of ${results.length} differ from the release: undo the edits, or deploy a changed release, which puts its files back`,
      );
    });
  addExamples(command, [
    ['hand edits of files and units', 'fairlead hosts plan production'],
    [
      'what the deployment of a release would change',
      'fairlead hosts plan production --release releases/fairlead.tar',
    ],
    ['in CI: fail after a hand edit', 'fairlead hosts plan production --check'],
  ]);
}

/** Plan of a host: differences from its release, or effect of the deployment of another one. */
type Plan = HostPlan & Partial<Omit<HostRollOutPlan, 'host'>>;

function formatPlan(plan: Plan): readonly string[] {
  const { digest, differences, current, pending, upToDate, drained, sendBytes } = plan;
  if (digest === undefined) return ['There is no release on this host.'];
  const shown = shortDigest(digest);
  const isNew = sendBytes !== undefined && upToDate === false;
  const effect = isNew
    ? [`A deployment sends ${formatBytes(sendBytes)}, and activates release ${shown}.`]
    : drained === true
      ? ['The host is drained: a deployment lets it serve again.']
      : [];
  const from = isNew ? shownRelease(current, pending) : shown;
  // The link to the release that runs is no hand edit.
  const edits = differences.filter(({ subject }) => !isNew || subject !== '/opt/fairlead/current');
  if (edits.length === 0) return [...effect, `No difference from release ${from}.`];
  return [
    ...effect,
    `${count(edits.length, 'difference')} from release ${from}:`,
    ...table(
      ['subject', 'found', 'expected'],
      edits.map((each) =>
        [each.subject, each.found, each.expected].map((text) => oneLine(text).slice(0, 100)),
      ),
    ),
  ];
}
