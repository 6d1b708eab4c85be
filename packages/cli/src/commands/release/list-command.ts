import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { readConfig } from '../../config/read-config.ts';
import { openReleases } from '../../deploy/open-releases.ts';
import { configOption, ENVIRONMENT, ENVIRONMENT_TEXT } from '../../options/deploy-options.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';

/** Defines `fairlead release list`. */
export function defineListCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const store = await openReleases(chosen);
      const releases = await store.list();
      const passed = await store.results.last(chosen.name);
      const value = { environment: chosen.name, location: store.location, passed, releases };
      context.output.present(options, value, () => {
        if (releases.length === 0) return [oneLine(`There is no release in ${store.location}.`)];
        return releases.map(
          (digest) => `${digest}${digest === passed ? ` passed last in ${chosen.name}` : ''}`,
        );
      });
    });
  addExamples(command, [
    ['releases of the store of an environment', 'fairlead release list staging'],
    [
      'the release that passed last in staging, for a script',
      'fairlead release list staging --json | jq -r .passed',
    ],
  ]);
}
