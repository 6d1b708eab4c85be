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
    .argument('<model>', 'Model name')
    .argument('<before>', 'Version number or alias')
    .argument('<after>', 'Version number or alias to compare it with')
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
    [
      'Compare the version in production with a new one',
      'fairlead model compare digits champion 4',
    ],
    [
      'List the breaking changes',
      "fairlead model compare digits champion 4 --json | jq '.breakingChanges'",
    ],
  ]);
}
