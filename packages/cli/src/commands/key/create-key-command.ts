import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { type Expiry, keysFileOption, parseExpiry } from '../../keys/key-options.ts';
import { checkScopes } from '../../keys/check-scopes.ts';
import { withoutDigest } from '../../keys/without-digest.ts';
import { changeKeysFile, readKeysFile, requireKeysFile } from '../../keys/keys-file.ts';
import { readPepper } from '../../keys/read-pepper.ts';
import { collect, dryRunOption, jsonOption, parseCount } from '../../options/shared-options.ts';

/** Defines `fairlead key create`. */
export function defineCreateKeyCommand(command: Command, context: CommandContext): void {
  command
    .requiredOption('--client <name>', 'whose key it is')
    .requiredOption(
      '--scope <scope>',
      'what it allows: infer:digits, infer:*, admin, metrics; may be repeated',
      collect,
    )
    .option(
      '--expires <time>',
      'from when on it is refused: 90d, 2030-01-31 (default: never)',
      parseExpiry,
    )
    .option('--limit <requests>', 'requests per window of the rate limit', parseCount)
    .addOption(keysFileOption)
    .option('--pepper-file <file>', 'file of the pepper (else FAIRLEAD_PEPPER)')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { client, scope: scopes, expires, limit } = options;
      checkScopes(scopes);
      const path = requireKeysFile(options.keysFile ?? context.environment.keysFile);
      const pepper = await readPepper(context, options.pepperFile);
      const { ApiKeySet, createApiKey } = await import('@fairlead/security');
      const now = context.io.clock();
      const { key, record } = createApiKey({
        ...{ pepper, client, scopes },
        now: () => now.getTime(),
        ...(expires !== undefined && { expiresAt: expiresAt(expires, now) }),
        ...(limit !== undefined && { limit }),
      });
      const add = (records: readonly (typeof record)[]) => {
        // Refuses what the gateway would refuse, such as a third key of one client.
        new ApiKeySet({ pepper, records: [...records, record], now: () => now.getTime() });
        return [...records, record];
      };
      const shown = withoutDigest(record);
      if (options.dryRun) {
        add((await readKeysFile(path)).records);
        context.output.present(
          options,
          { dryRun: true, record: { ...shown, id: undefined } },
          () => [
            `A dry run: nothing is changed. Without --dry-run: a key of ${client} in ${path}, for ${scopes.join(', ')}.`,
          ],
        );
        return;
      }
      await changeKeysFile(path, add);
      context.output.present(options, { dryRun: false, key, record: shown }, () => [key]);
      if (options.json) return;
      context.output.note(
        `This is key ${record.id} of ${client}, for ${scopes.join(', ')}, until ${record.expiresAt ?? 'it is revoked'}.\n` +
          'Keep it now: it is stored nowhere, and is never shown again.\n' +
          'Gateways that read this file take it within seconds.',
      );
    });
  addExamples(command, [
    [
      'for a client',
      'fairlead key create --client acme --scope infer:digits --expires 90d --keys-file keys.json',
    ],
    ['into a variable', 'KEY=$(fairlead key create --client ci --scope admin)'],
  ]);
}

/** @throws CliError `ERR_CLI_USAGE` for a time that has passed: no request could be made with such a key. */
function expiresAt(expiry: Expiry, now: Date): Date {
  const at = 'at' in expiry ? expiry.at : new Date(now.getTime() + expiry.spanMs);
  if (at.getTime() > now.getTime()) return at;
  throw new CliError(
    'ERR_CLI_USAGE',
    `--expires ${at.toISOString()} has passed (it is ${now.toISOString()} now): no request could be made with the key; ` +
      'give a later time, such as 90d. A day begins at 00:00 UTC',
  );
}
