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
        // Checks that a bucket exists, is readable, and rejects overwriting.
        await store.list('');
        if (!dryRun) await store.checkConditionalWrites?.();
      }
      context.output.present(options, { dryRun, created, location }, () => [
        created
          ? `${dryRun ? 'Dry run: nothing was changed. Without --dry-run: created' : 'Created'} the registry ${location}.`
          : `${location} exists and can hold a registry; nothing was changed.`,
      ]);
    });
  addExamples(command, [
    ['A registry in a folder', 'fairlead registry init --registry ./registry'],
    ['Check a bucket', 'fairlead registry init --registry s3://models/prod'],
  ]);
}
