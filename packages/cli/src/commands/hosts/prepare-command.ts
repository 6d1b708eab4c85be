import type { Command } from '@commander-js/extra-typings';
import type { Carrier, HostPackages } from '@fairlead/deploy';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { type ChosenEnvironment, readConfig } from '../../config/read-config.ts';
import { changeHosts } from '../../deploy/change-hosts.ts';
import { confirmProtected, environmentNamed } from '../../deploy/confirm-environment.ts';
import { presentHosts } from '../../hosts/present-hosts.ts';
import { readHosts } from '../../hosts/read-hosts.ts';
import { hostLabel, selectHosts } from '../../hosts/select-hosts.ts';
import { formatSync, readLocalFiles, type SyncedHost, syncHost } from '../../hosts/sync-host.ts';
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
import { ProgressLine } from '../../output/progress-line.ts';

/** Result of the preparation of a host. */
interface PreparedHost extends HostPackages, SyncedHost {
  /** Version of Nginx on the host; `undefined` before it is installed. */
  readonly nginx: string | undefined;
}

/** Defines `fairlead hosts prepare`. */
export function definePrepareCommand(command: Command, context: CommandContext): void {
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
      const change = `install packages on ${hosts}, and copy files and registry`;
      if (!dryRun) await confirmProtected(context, { chosen, named, yes }, change);
      const { deployment } = chosen;
      const { installPackages, readNginxVersion } = await import('@fairlead/deploy');
      const progress = new ProgressLine(context.io);
      const prepare = async (carrier: Carrier, url: string): Promise<PreparedHost> => {
        const onLine = (line: string): void => {
          progress.show(`${hostLabel(url)}: ${line}`);
        };
        const packages = await installPackages(carrier, { deployment, dryRun, onLine });
        const nginx = await readNginxVersion(carrier);
        return { ...packages, nginx, ...(await syncHost(carrier, chosen, { files, dryRun })) };
      };
      const results = await changeHosts(
        context,
        { chosen, command: 'hosts prepare', dryRun, only: options.host, by: options },
        prepare,
      ).finally(() => {
        progress.clear();
      });
      presentHosts(context, options, {
        value: { environment: chosen.name, dryRun },
        results,
        format: (host) => formatPrepared(host, chosen, dryRun),
      });
    });
  addExamples(command, [
    ['a new host, or all of them again', 'fairlead hosts prepare production'],
    ['what would be installed and copied', 'fairlead hosts prepare production --dry-run'],
  ]);
}

function formatPrepared(
  host: PreparedHost,
  { deployment }: ChosenEnvironment,
  dryRun: boolean,
): readonly string[] {
  const { required, missing, nginx } = host;
  const packages =
    missing.length === 0
      ? `packages: unchanged (${required.join(', ')})`
      : `${dryRun ? 'would install' : 'installed'} ${missing.join(', ')}`;
  const expected = deployment.target.nginx.join('.');
  const differs = nginx !== undefined && nginx !== expected;
  return [
    packages,
    ...(differs
      ? [
          `Nginx is ${nginx}, but target.nginx of the deployment is ${expected}: set it to "${nginx}"`,
        ]
      : []),
    ...formatSync(host, dryRun),
  ];
}
