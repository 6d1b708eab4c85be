import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { ciServices } from './ci/ci-files.ts';
import { oneLine } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';

/** Defines `fairlead init`. */
export function defineInitProjectCommand(command: Command, context: CommandContext): void {
  command
    .argument('[folder]', 'folder of the project, new or without the files', '.')
    .option('--without-service', 'without a TypeScript service; fairlead serve serves the models')
    .addOption(
      new Option(
        '--ci <service>',
        'Pipelines from tests to production, for models and for retraining; in a project, only these',
      ).choices(ciServices),
    )
    .option('--model <name>', 'Model of the pipelines for models', parseModelName, 'house-price')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (folder, options) => {
      const { createProject } = await import('./create-project.ts');
      const { ci, model, withoutService } = options;
      if (ci !== undefined && withoutService === true) {
        throw new CliError('ERR_CLI_USAGE', '--ci deploys a service: leave out --without-service');
      }
      const dryRun = options.dryRun === true;
      const files = await createProject(folder, {
        ...{ service: withoutService !== true, ci, model, dryRun },
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
              ...(files.some((file) => file.endsWith('train.ts')) ? ['npm run demo'] : []),
            ]),
      ]);
    });
  addExamples(command, [
    ['a project with a service', 'fairlead init my-models'],
    ['a project without a service, in this folder', 'fairlead init --without-service'],
    ['a project with the workflows of GitHub Actions', 'fairlead init my-models --ci github'],
    [
      'the pipeline of GitLab for a project that is there',
      'fairlead init --ci gitlab --model churn',
    ],
  ]);
}

/** Reads the name of a model, which the pipelines write into commands of a shell. */
function parseModelName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected the name of a model, such as house-price.');
}
