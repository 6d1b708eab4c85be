import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { compareVersions } from '../../compare/compare-versions.ts';
import { formatComparison } from '../../compare/format-comparison.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { readVersion } from '../../registry/read-version.ts';

/** Defines `fairlead model compare`. */
export function defineCompareCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'name of the model')
    .argument('<before>', 'number of a version, or an alias that means it')
    .argument('<after>', 'number of the other, or an alias')
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (model, before, after, options) => {
      const { registry } = await openRegistry(context, options);
      const [one, other] = [
        await readVersion(registry, model, before),
        await readVersion(registry, model, after),
      ];
      const { breakingChanges } = await import('@fairlead/registry');
      const breaking = breakingChanges(one.manifest.signature, other.manifest.signature);
      const comparison = { ...compareVersions(one, other), breakingChanges: breaking };
      context.output.present(options, comparison, () =>
        formatComparison(context.output, comparison),
      );
    });
  addExamples(command, [
    ['what would change for users', 'fairlead model compare digits champion 4'],
    [
      'do callers have to change?',
      "fairlead model compare digits champion 4 --json | jq '.breakingChanges'",
    ],
  ]);
}
