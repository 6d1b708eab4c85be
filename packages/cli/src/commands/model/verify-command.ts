import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { count, formatBytes } from '../../output/format-values.ts';
import { severalLines } from '../../output/plain-text.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead model verify`. */
export function defineVerifyCommand(command: Command, context: CommandContext): void {
  command
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { store } = await openRegistry(context, options);
      const { verifyRegistry } = await import('@fairlead/registry/maintenance');
      const report = await verifyRegistry(store);
      context.output.present(options, { registry: store.location, ...report }, () => [
        ...report.problems.map(({ key, code, message }) =>
          context.output.paint('bad', severalLines(`${key}: ${message} [${code}]`)),
        ),
        `Read ${count(report.manifests, 'version')}, ${count(report.aliasEntries, 'alias entry', 'alias entries')}, ` +
          `${count(report.events, 'event')}, ${count(report.documents, 'document')}, ` +
          `${count(report.signatures, 'signature')} and ${count(report.blobs, 'file')} (${formatBytes(report.blobBytes)}): ` +
          (report.ok ? 'all intact.' : `${count(report.problems.length, 'problem')}.`),
      ]);
      if (report.ok) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${count(report.problems.length, 'object')} of ${store.location} are damaged: ` +
          'restore them from a backup (fairlead registry restore)',
      );
    });
  addExamples(command, [
    ['Every night, from cron', 'fairlead model verify --registry s3://models/prod'],
  ]);
}
