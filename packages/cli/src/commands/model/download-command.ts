import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption, registryOption } from '../../options/shared-options.ts';
import { formatBytes } from '../../output/format-values.ts';
import { table } from '../../output/table.ts';
import { fileError, readText } from '../../read-file.ts';
import { openRegistry } from '../../registry/open-registry.ts';

/** Defines `fairlead model download`. */
export function defineDownloadCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .requiredOption('--out <folder>', 'New folder for the files; it must not exist')
    .option('--trusted-keys <file>', 'Fail unless one of these public keys signed the version')
    .addOption(registryOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, aliasOrVersion, options) => {
      const { out, trustedKeys, dryRun } = options;
      const { ModelRegistry, parseTrustedKeys } = await import('@fairlead/registry');
      const keys = trustedKeys && parseTrustedKeys(await readText(trustedKeys, 'public keys'));
      const { store } = await openRegistry(context, { registry: options.registry });
      const registry = new ModelRegistry({ store, ...(keys && { trustedKeys: keys }) });
      const { version } = await registry.resolve(model, aliasOrVersion);
      const { manifest, read } = await registry.openVersion(model, version);
      const { files } = manifest;
      try {
        // Only into a new folder: nothing is overwritten, and no link leads elsewhere.
        if (!dryRun) await mkdir(out);
        for (const { path } of files) {
          const bytes = await read(path);
          if (dryRun) continue;
          await mkdir(dirname(join(out, path)), { recursive: true });
          await writeFile(join(out, path), bytes, { flag: 'wx' });
        }
      } catch (cause) {
        throw cause instanceof Error && 'syscall' in cause
          ? fileError(out, 'a new folder', cause)
          : cause;
      }
      const value = { dryRun: dryRun === true, model, version, out, files };
      context.output.present(options, value, () => [
        ...(dryRun ? ['Dry run: nothing was changed. Without --dry-run:', ''] : []),
        `Downloaded version ${version} of ${model} to ${out}:`,
        ...table(
          ['path', { title: 'size', align: 'right' }],
          files.map(({ path, size }) => [path, formatBytes(size)]),
        ),
      ]);
    });
  addExamples(command, [
    ['The version in production', 'fairlead model download digits champion --out digits'],
    [
      'Only a version that the release key signed',
      'fairlead model download digits 3 --out digits --trusted-keys release.public.pem',
    ],
  ]);
}
