import type { Command } from '@commander-js/extra-typings';
import type { HostStatus } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { shortDigest, shownRelease } from '../../deploy/format-release.ts';
import { readConfig } from '../../config/read-config.ts';
import { formatUnits } from '../../hosts/format-units.ts';
import { type HostResult, hostValues, onHosts, requireAllHosts } from '../../hosts/on-hosts.ts';
import { noteSuspension } from '../../hosts/note-suspended.ts';
import { readHosts, type ReachableEnvironment } from '../../hosts/read-hosts.ts';
import { hostLabel } from '../../hosts/select-hosts.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
} from '../../options/deploy-options.ts';
import { findNewHosts, otherRelease } from '../../plan/plan-new-hosts.ts';
import { jsonOption } from '../../options/shared-options.ts';
import type { Output } from '../../output/output.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';

/** Defines `fairlead hosts status`. */
export function defineStatusCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readHosts(context, await readConfig(options.config, environment));
      noteSuspension(context, chosen.hostGroup);
      const { readHostStatus } = await import('@fairlead/deploy');
      const results = await onHosts(context, { chosen, only: options.host }, readHostStatus);
      const newHosts = await findNewHosts(context, chosen);
      const value = { environment: chosen.name, hosts: hostValues(results), newHosts };
      const read = results.flatMap((result) => ('value' in result ? [result.value] : []));
      const isComplete =
        options.host === undefined && read.length === results.length && areAllListed(chosen);
      const warning = await otherRelease(context, chosen, newHosts, { hosts: read, isComplete });
      context.output.present(options, value, () => [
        ...table(
          ['host', 'release', 'before', 'services'],
          results.map((result) => statusRow(context.output, result)),
        ),
        ...mixedReleases(results),
        ...warning,
      ]);
      requireAllHosts(results);
    });
  addExamples(command, [
    ['all hosts of the only environment', 'fairlead hosts status'],
    [
      'one host, for a script',
      "fairlead hosts status production --host 10.0.0.1 --json | jq -r '.hosts[0].current'",
    ],
  ]);
}

/** Returns whether no instance of the group was left out, such as one on standby, which has a release too. */
function areAllListed({ hostGroup }: ReachableEnvironment): boolean {
  if (hostGroup === undefined) return true;
  const { starting, others } = hostGroup.state;
  return starting.length === 0 && others.size === 0;
}

function statusRow(output: Output, result: HostResult<HostStatus>): readonly string[] {
  const label = hostLabel(result.host);
  if ('error' in result) {
    return [label, '–', '–', output.paint('bad', oneLine(result.error.message).slice(0, 160))];
  }
  const { current, history, pending, units } = result.value;
  const before = history.filter((digest) => digest !== current).map(shortDigest);
  return [
    label,
    shownRelease(current, pending),
    before.join(' ') || '–',
    formatUnits(output, units),
  ];
}

function mixedReleases(results: readonly HostResult<HostStatus>[]): readonly string[] {
  const current = results.flatMap((result) => ('value' in result ? [result.value.current] : []));
  if (new Set(current).size < 2) return [];
  return ['', 'The hosts have different releases: fairlead deploy gives all of them the same.'];
}
