import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { readConfig } from '../../config/read-config.ts';
import { onHosts } from '../../hosts/on-hosts.ts';
import { presentHosts } from '../../hosts/present-hosts.ts';
import { formatSync, readLocalFiles, syncHost } from '../../hosts/sync-host.ts';
import {
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
} from '../../options/deploy-options.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';

/** Defines `fairlead hosts sync`. */
export function defineSyncCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const files = await readLocalFiles(chosen);
      const dryRun = options.dryRun === true;
      const results = await onHosts(context, { chosen, only: options.host }, (carrier) =>
        syncHost(carrier, chosen, { files, dryRun }),
      );
      presentHosts(context, options, {
        value: { environment: chosen.name, dryRun },
        results,
        format: (host) => formatSync(host, dryRun),
      });
    });
  addExamples(command, [
    ['after a model was promoted or a key was created', 'fairlead hosts sync production'],
    ['what would be copied', 'fairlead hosts sync production --dry-run'],
  ]);
}
