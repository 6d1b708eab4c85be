import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import { keysFileOption } from '../../keys/key-options.ts';
import { changeKeysFile, readKeysFile, requireKeysFile } from '../../keys/keys-file.ts';
import { dryRunOption, jsonOption, yesOption } from '../../options/shared-options.ts';

/** Defines `fairlead key revoke`. */
export function defineRevokeKeyCommand(command: Command, context: CommandContext): void {
  command
    .argument('<id>', 'Key id, as fairlead key list prints it')
    .addOption(yesOption)
    .addOption(keysFileOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (id, options) => {
      const path = requireKeysFile(options.keysFile ?? context.environment.keysFile);
      const find = (records: Awaited<ReturnType<typeof readKeysFile>>['records']) => {
        const record = records.find((each) => each.id === id);
        if (record !== undefined) return record;
        throw new CliError(
          'ERR_CLI_KEY_NOT_FOUND',
          `${path} has no key ${JSON.stringify(id.slice(0, 12))}: list the keys with fairlead key list`,
        );
      };
      const { client, scopes } = find((await readKeysFile(path)).records);
      await confirm(context, options, `revoke key ${id} of ${client}`);
      const dryRun = options.dryRun === true;
      if (!dryRun) {
        await changeKeysFile(path, (records) => {
          const record = find(records);
          return records.filter((each) => each !== record);
        });
      }
      context.output.present(options, { dryRun, revoked: { id, client, scopes } }, () => [
        `${dryRun ? 'Dry run: nothing was changed. Without --dry-run: revoked' : 'Revoked'} key ${id} of ${client} (${scopes.join(', ')}).`,
      ]);
      if (!dryRun) {
        context.output.note('Gateways that read this file reject it within seconds.');
      }
    });
  addExamples(command, [
    [
      'A key that leaked, from a script',
      'fairlead key revoke 0f3k9q1z7p2m --keys-file keys.json --yes',
    ],
  ]);
}
