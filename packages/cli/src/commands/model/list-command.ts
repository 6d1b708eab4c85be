import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead model list`. */
export function defineListCommand(command: Command, context: CommandContext): void {
  command
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { registry, store } = await openRegistry(context, options);
      const models = await registry.listModels();
      for (const { model, problems = [] } of models) {
        for (const problem of problems) {
          context.output.note(
            oneLine(`damaged: ${model}: ${problem} (see: fairlead model verify)`),
          );
        }
      }
      context.output.present(options, { registry: store.location, models }, () =>
        models.length === 0
          ? [`No models in ${store.location}. Push one with: fairlead model push`]
          : table(
              [
                'model',
                { title: 'versions', align: 'right' },
                { title: 'newest', align: 'right' },
                'aliases',
              ],
              models.map(({ model, versions, latestVersion, aliases }) => [
                model,
                String(versions),
                String(latestVersion),
                formatAliases(aliases),
              ]),
            ),
      );
    });
  addExamples(command, [
    ['List the models of a folder', 'fairlead model list --registry ./registry'],
    [
      'The champion of each model, for a script',
      "fairlead model list --json | jq '.models[].aliases.champion'",
    ],
  ]);
}

function formatAliases(aliases: Readonly<Record<string, number>>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `${alias} → ${version}`)
    .join(', ');
}
