import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { readText } from '../read-file.ts';

/**
 * Reads the secrets for signing webhooks from a file, else from the environment; several, separated by commas or lines,
 * while one replaces another.
 *
 * @throws CliError `ERR_CLI_USAGE`, `ERR_CLI_FILE`
 */
export async function readWebhookSecrets(
  { environment }: CommandContext,
  file: string | undefined,
): Promise<readonly string[]> {
  const text =
    file === undefined ? environment.webhookSecret : await readText(file, "the webhook's secret");
  const secrets = (text ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
  if (secrets.length > 0) return secrets;
  throw new CliError(
    'ERR_CLI_USAGE',
    'no webhook secret given: set FAIRLEAD_WEBHOOK_SECRET to the secret of the receiver (whsec_ and 24 to 64 bytes in base64), or add --secret-file',
  );
}
