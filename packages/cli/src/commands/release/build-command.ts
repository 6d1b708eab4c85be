import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { buildFromConfig } from '../../deploy/build-from-config.ts';
import { formatBuilt } from '../../deploy/format-release.ts';
import { openReleases } from '../../deploy/open-releases.ts';
import { readConfig } from '../../config/read-config.ts';
import { configOption, ENVIRONMENT, ENVIRONMENT_TEXT } from '../../options/deploy-options.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { oneLine } from '../../output/plain-text.ts';

/** Defines `fairlead release build`. */
export function defineBuildCommand(command: Command, context: CommandContext): void {
  command
    .argument(ENVIRONMENT, ENVIRONMENT_TEXT)
    .addOption(configOption)
    .option('--out <folder>', 'Folder of the archive (default: releases beside the configuration)')
    .option('--publish', 'Add the release to the release store of the environment')
    .addOption(jsonOption)
    .action(async (environment, options) => {
      const chosen = await readConfig(options.config, environment);
      const built = await buildFromConfig(context, chosen, options.out);
      const { path, digest, bytes, manifest } = built;
      const store = options.publish ? await openReleases(chosen) : undefined;
      await store?.add(path);
      const { name, platform, node } = manifest;
      const parts = manifest.parts.map(({ files, ...part }) => ({ ...part, files: files.length }));
      const value = { environment: chosen.name, path, digest, bytes, name, platform, node, parts };
      const stored = store && { store: store.location };
      context.output.present(options, { ...value, ...stored }, () => [
        ...formatBuilt(built),
        ...(store ? ['', oneLine(`Published to ${store.location}.`)] : []),
      ]);
    });
  addExamples(command, [
    ['the release of the only environment', 'fairlead release build'],
    [
      'in CI: build once, and deploy the same release to one environment after the other by its digest',
      'fairlead release build staging --publish --json | jq -r .digest',
    ],
  ]);
}
