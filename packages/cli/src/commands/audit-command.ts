import type { Command } from '@commander-js/extra-typings';
import type { AuditEntry } from '@fairlead/deploy';
import { addExamples } from '../add-examples.ts';
import type { CommandContext } from '../command-context.ts';
import { readConfig } from '../config/read-config.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { configOption, ENVIRONMENT, ENVIRONMENT_TEXT } from '../options/deploy-options.ts';
import { jsonOption } from '../options/shared-options.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';

/** Defines `fairlead audit`. */
export function defineAuditCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const { audit, location } = await openReleases(chosen);
      const entries = await audit.entries({ environment: chosen.name });
      const value = { environment: chosen.name, location, entries };
      context.output.present(options, value, () => {
        if (entries.length === 0) return [`There is no change of ${chosen.name} in ${location}.`];
        return table(
          ['time', 'actor', 'change', 'release', 'outcome', 'reason'],
          changesOf(entries).map((row) => row.map(oneLine)),
        );
      });
    });
  addExamples(command, [
    ['who changed production, when, and with which result', 'fairlead audit production'],
    [
      'changes that were begun and not finished, for a script',
      "fairlead audit production --json | jq '.entries | group_by(.id) | map(select(length == 1))'",
    ],
  ]);
}

/** Returns a row for each change, in the order of their starts. */
function changesOf(entries: readonly AuditEntry[]): readonly (readonly string[])[] {
  const ends = new Map(
    entries.filter(({ phase }) => phase === 'finished').map((entry) => [entry.id, entry]),
  );
  return entries
    .filter(({ phase }) => phase === 'started')
    .map(({ id, at, actor, command, release: planned, reason = '' }) => {
      const end = ends.get(id);
      const release = end?.release ?? planned ?? end?.newHosts;
      const shown = release === undefined ? '–' : shortDigest(release);
      return [at, actor, command, shown, end?.outcome ?? 'not finished', reason];
    });
}
