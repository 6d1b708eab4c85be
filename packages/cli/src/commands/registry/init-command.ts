import { existsSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { registryLocation } from '../../registry/open-registry.ts';

/** Defines `fairlead registry init`. */
export function defineInitCommand(command: Command, context: CommandContext): void {
  command
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const location = registryLocation(context, options);
      const { openStore } = await import('@fairlead/registry');
      const dryRun = options.dryRun === true;
      const isFolder = !/^[a-z][a-z0-9+.-]+:\/\//i.test(location);
      const created = isFolder && !existsSync(location);
      if (!dryRun || !created) {
        const store = await openStore(location, { create: !dryRun });
        // Whether a bucket exists, may be read, and refuses to overwrite.
        await store.list('');
        if (!dryRun) await store.checkConditionalWrites?.();
      }
      context.output.present(options, { dryRun, created, location }, () => [
        created
          ? `${dryRun ? 'A dry run: nothing is changed. Without --dry-run: made' : 'Made'} the registry ${location}.`
          : `There is a registry at ${location}, or room for one: nothing had to be made.`,
      ]);
    });
  addExamples(command, [
    ['a registry in a folder', 'fairlead registry init --registry ./registry'],
    ['whether a bucket can be one', 'fairlead registry init --registry s3://models/prod'],
  ]);
}
