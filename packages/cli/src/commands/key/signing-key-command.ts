import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';
import { fileError } from '../../read-file.ts';

/** Defines `fairlead key signing`. */
export function defineSigningKeyCommand(command: Command, context: CommandContext): void {
  command
    .argument('<name>', 'Name of the files: <name>.private.pem and <name>.public.pem')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (name, options) => {
      const files = { privateKey: `${name}.private.pem`, publicKey: `${name}.public.pem` };
      const there = Object.values(files).find((file) => existsSync(file));
      if (there !== undefined) {
        throw new CliError(
          'ERR_CLI_FILE',
          `${there} already exists: choose another name, or remove it`,
        );
      }
      const { generateSigningKey } = await import('@fairlead/registry');
      const { keyId, privateKey, publicKey } = generateSigningKey();
      const dryRun = options.dryRun === true;
      if (!dryRun) {
        // Never over an existing file: it may be the only copy of a key.
        await writeNew(files.privateKey, privateKey, 0o600);
        await writeNew(files.publicKey, publicKey, 0o644);
      }
      context.output.present(options, { dryRun, ...(!dryRun && { keyId }), files }, () => [
        dryRun
          ? `Dry run: nothing was changed. Without --dry-run: ${files.privateKey} and ${files.publicKey}.`
          : `Key ${keyId}: ${files.privateKey} signs versions and stays secret, ${files.publicKey} goes to the hosts (FAIRLEAD_TRUSTED_KEYS).`,
      ]);
    });
  addExamples(command, [
    [
      'Create a pair, and sign with it',
      'fairlead key signing release && fairlead model sign digits 3 --key release.private.pem',
    ],
  ]);
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (cause) {
    throw fileError(path, 'a new file', cause);
  }
}
