import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { oneLine } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';

/** Defines `fairlead init`. */
export function defineInitProjectCommand(command: Command, context: CommandContext): void {
  command
    .argument('[folder]', 'folder of the project, new or without the files', '.')
    .option('--without-service', 'without a TypeScript service; fairlead serve serves the models')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (folder, options) => {
      const { createProject } = await import('./create-project.ts');
      const dryRun = options.dryRun === true;
      const files = await createProject(folder, {
        service: options.withoutService !== true,
        dryRun,
      });
      context.output.present(options, { dryRun, folder, files }, () => [
        ...files.map((file) => `${dryRun ? 'Would create' : 'Created'} ${oneLine(file)}`),
        ...(dryRun
          ? []
          : [
              '',
              'Next, as README.md says:',
              `cd ${shellWord(folder)}`,
              'npm install',
              'npm run demo',
            ]),
      ]);
    });
  addExamples(command, [
    ['a project with a service', 'fairlead init my-models'],
    ['a project without a service, in this folder', 'fairlead init --without-service'],
  ]);
}
