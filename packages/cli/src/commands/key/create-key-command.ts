import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { collectQuota, type Expiry, keysFileOption, parseExpiry } from '../../keys/key-options.ts';
import { checkScopes } from '../../keys/check-scopes.ts';
import { withoutDigest } from '../../keys/without-digest.ts';
import { changeKeysFile, readKeysFile, requireKeysFile } from '../../keys/keys-file.ts';
import { readPepper } from '../../keys/read-pepper.ts';
import { collect, dryRunOption, jsonOption, parseCount } from '../../options/shared-options.ts';

/** Defines `fairlead key create`. */
export function defineCreateKeyCommand(command: Command, context: CommandContext): void {
  command
    .requiredOption('--client <name>', 'Client that the key belongs to')
    .requiredOption(
      '--scope <scope>',
      'Scope: infer:<model>, infer:*, admin or metrics; repeatable',
      collect,
    )
    .option(
      '--expires <time>',
      'Expiry: a duration such as 90d, or a date such as 2030-01-31 (default: never)',
      parseExpiry,
    )
    .option('--limit <requests>', 'Rate limit: requests per window', parseCount)
    .option(
      '--quota <name=amount>',
      'Quota in place of the general one: requestsPerDay, requestsPerMonth, elementsPerMinute, elementsPerDay or elementsPerMonth; repeatable',
      collectQuota,
    )
    .addOption(keysFileOption)
    .option('--pepper-file <file>', 'File of the pepper (env: FAIRLEAD_PEPPER)')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (options) => {
      const { client, scope: scopes, expires, limit, quota: quotas } = options;
      checkScopes(scopes);
      const path = requireKeysFile(options.keysFile ?? context.environment.keysFile);
      const pepper = await readPepper(context, options.pepperFile);
      const { ApiKeySet, createApiKey } = await import('@fairlead/security');
      const now = context.io.now();
      const { key, record } = createApiKey({
        ...{ pepper, client, scopes },
        now: () => now.getTime(),
        ...(expires !== undefined && { expiresAt: expiresAt(expires, now) }),
        ...(limit !== undefined && { limit }),
        ...(quotas !== undefined && { quotas }),
      });
      const add = (records: readonly (typeof record)[]) => {
        // Rejects a pepper that isn't the one of the file, and what the gateway would reject, such as a third key of one client.
        for (const each of [records, [...records, record]]) {
          new ApiKeySet({ pepper, records: each, now: () => now.getTime() });
        }
        return [...records, record];
      };
      const shown = withoutDigest(record);
      if (options.dryRun) {
        add((await readKeysFile(path)).records);
        context.output.present(
          options,
          { dryRun: true, record: { ...shown, id: undefined } },
          () => [
            `Dry run: nothing was changed. Without --dry-run: a key of ${client} in ${path}, for ${scopes.join(', ')}.`,
          ],
        );
        return;
      }
      await changeKeysFile(path, add);
      context.output.present(options, { dryRun: false, key, record: shown }, () => [key]);
      if (options.json) return;
      context.output.note(
        `This is key ${record.id} of ${client}, for ${scopes.join(', ')}, until ${record.expiresAt ?? 'it is revoked'}.\n` +
          'Save it now: it is stored nowhere, and never shown again.\n' +
          'Gateways that read this file accept it within seconds.',
      );
    });
  addExamples(command, [
    [
      'for a client',
      'fairlead key create --client acme --scope infer:digits --expires 90d --keys-file keys.json',
    ],
    [
      'with a quota',
      'fairlead key create --client trial --scope infer:digits --quota requestsPerMonth=10000',
    ],
    ['Into a variable', 'KEY=$(fairlead key create --client ci --scope admin)'],
  ]);
}

/** @throws CliError `ERR_CLI_USAGE` for a time that has passed: such a key would be rejected at once. */
function expiresAt(expiry: Expiry, now: Date): Date {
  const at = 'at' in expiry ? expiry.at : new Date(now.getTime() + expiry.spanMs);
  if (at.getTime() > now.getTime()) return at;
  throw new CliError(
    'ERR_CLI_USAGE',
    `--expires ${at.toISOString()} has passed (it is ${now.toISOString()} now): the key would be rejected at once; ` +
      'give a later time, such as 90d. A date means 00:00 UTC',
  );
}
