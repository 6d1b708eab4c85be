import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { readConfig } from '../../config/read-config.ts';
import { changeHosts } from '../../deploy/change-hosts.ts';
import { confirmProtected, environmentNamed } from '../../deploy/confirm-environment.ts';
import { presentHosts } from '../../hosts/present-hosts.ts';
import { readHosts } from '../../hosts/read-hosts.ts';
import { hostLabel, selectHosts } from '../../hosts/select-hosts.ts';
import { formatSync, readLocalFiles, syncHost } from '../../hosts/sync-host.ts';
import {
  auditActorOption,
  auditReasonOption,
  configOption,
  ENVIRONMENT,
  ENVIRONMENT_TEXT,
  hostOption,
  yesEnvironmentOption,
} from '../../options/deploy-options.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';

/** Defines `fairlead hosts sync`. */
export function defineSyncCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(hostOption)
    .addOption(auditActorOption)
    .addOption(auditReasonOption)
    .addOption(dryRunOption)
    .addOption(yesEnvironmentOption)
    .addOption(jsonOption)
    .action(async (named, options) => {
      const { yes } = options;
      const chosen = await readHosts(
        context,
        await readConfig(options.config, environmentNamed(named, yes)),
      );
      const files = await readLocalFiles(chosen);
      const dryRun = options.dryRun === true;
      const hosts = selectHosts(chosen, options.host).map(hostLabel).join(', ');
      const change = `copy files and registry to ${hosts}`;
      if (!dryRun) await confirmProtected(context, { chosen, named, yes }, change);
      const results = await changeHosts(
        context,
        { chosen, command: 'hosts sync', dryRun, only: options.host, by: options },
        (carrier) => syncHost(carrier, chosen, { files, dryRun }),
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
