import type { Command } from '@commander-js/extra-typings';
import type { HostPlan } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { shortDigest } from '../../deploy/format-release.ts';
import { readConfig } from '../../config/read-config.ts';
import { hostValues, onHosts, requireAllHosts, underHost } from '../../hosts/on-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
} from '../../options/deploy-options.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';

/** Defines `fairlead hosts plan`. */
export function definePlanCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .option('--check', 'Fail if a host differs')
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const { planHost } = await import('@fairlead/deploy');
      const results = await onHosts(context, { chosen, only: options.host }, (carrier) =>
        planHost(carrier),
      );
      const value = { environment: chosen.name, hosts: hostValues(results) };
      context.output.present(options, value, () =>
        results.flatMap((result) =>
          underHost(
            results,
            result.host,
            'error' in result ? [oneLine(result.error.message)] : formatPlan(result.value),
          ),
        ),
      );
      requireAllHosts(results);
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
    ['in CI: fail after a hand edit', 'fairlead hosts plan production --check'],
  ]);
}

function formatPlan({ digest, differences }: HostPlan): readonly string[] {
  if (digest === undefined) return ['There is no release on this host.'];
  if (differences.length === 0) return [`No difference from release ${shortDigest(digest)}.`];
  return [
    `${count(differences.length, 'difference')} from release ${shortDigest(digest)}:`,
    ...table(
      ['subject', 'found', 'expected'],
      differences.map((each) =>
        [each.subject, each.found, each.expected].map((text) => oneLine(text).slice(0, 100)),
      ),
    ),
  ];
}
