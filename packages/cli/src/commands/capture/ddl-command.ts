import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { athenaDdl } from '../../capture/athena-ddl.ts';
import { capturesOption } from '../../capture/open-captures.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { resolveVersion } from '../../drift/version-argument.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead capture ddl`. */
export function defineCaptureDdlCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name; with @version or @alias not its champion: iris@1')
    .addOption(capturesOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (argument, options) => {
      const location = options.captures ?? context.environment.captures;
      if (location?.startsWith('s3://') !== true) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'Athena reads from S3: add --captures s3://bucket/prefix, or set FAIRLEAD_CAPTURE_LOCATION to it',
        );
      }
      const { registry } = await openRegistry(context, options);
      const { model, version } = await resolveVersion(registry, argument);
      const { manifest } = await registry.openVersion(model, version);
      const { capturedColumns, labelsFolder, versionFolder } = await import('@fairlead/capture');
      const ddl = athenaDdl({
        ...{ model, version, location },
        columns: capturedColumns(manifest.signature),
        folders: {
          captures: versionFolder({ model, version: String(version) }),
          labels: labelsFolder(model),
        },
        since: new Date(manifest.created),
      });
      context.output.present(options, { ddl }, () => [ddl]);
    });
  addExamples(command, [
    ['Tables of a version', 'fairlead capture ddl iris@1 --captures s3://models/prod > tables.sql'],
  ]);
}
