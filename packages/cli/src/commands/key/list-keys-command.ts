import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { keysFileOption } from '../../keys/key-options.ts';
import { withoutDigest } from '../../keys/without-digest.ts';
import { readKeysFile, requireKeysFile } from '../../keys/keys-file.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { formatTime } from '../../output/format-values.ts';
import { table } from '../../output/table.ts';

/** Defines `fairlead key list`. */
export function defineListKeysCommand(command: Command, context: CommandContext): void {
  command
    .addOption(keysFileOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const path = requireKeysFile(options.keysFile ?? context.environment.keysFile);
      const { records } = await readKeysFile(path);
      const now = context.io.now().toISOString();
      const keys = records.map((record) => ({
        ...withoutDigest(record),
        expired: record.expiresAt !== undefined && Date.parse(record.expiresAt) <= Date.parse(now),
      }));
      context.output.present(options, { keysFile: path, keys }, () =>
        keys.length === 0
          ? [`No keys in ${path}.`]
          : table(
              ['id', 'client', 'scopes', 'created', 'expires', 'limit', 'quotas'],
              keys.map(({ id, client, scopes, createdAt, expiresAt, limit, quotas, expired }) => [
                id,
                client,
                scopes.join(', '),
                formatTime(createdAt),
                expiresAt === undefined
                  ? 'never'
                  : `${formatTime(expiresAt)}${expired ? ' (expired)' : ''}`,
                limit === undefined ? '' : String(limit),
                Object.entries(quotas ?? {})
                  .map(([name, amount]) => `${name}=${amount}`)
                  .join(' '),
              ]),
            ),
      );
    });
  addExamples(command, [['List the keys', 'fairlead key list --keys-file keys.json']]);
}
