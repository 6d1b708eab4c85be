import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { readText } from '../../read-file.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model sign`. */
export function defineSignCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .requiredOption('--key <file>', 'Private key, created by fairlead key signing')
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, aliasOrVersion, options) => {
      const privateKey = await readText(options.key, 'the private key');
      const opened = await openRegistry(context, options);
      const { version } = await opened.registry.resolve(model, aliasOrVersion);
      const audit = auditContext(context, options);
      const signature = await opened.registry
        .model(model)
        .version(version)
        .sign({ privateKey, ...audit });
      presentChange(context, opened, options, { signature }, () => [
        `Signed version ${version} of ${model} with key ${signature.keyId}.`,
      ]);
    });
  addExamples(command, [
    [
      'Sign a version before it is promoted',
      'fairlead model sign digits 3 --key release.private.pem',
    ],
  ]);
}
