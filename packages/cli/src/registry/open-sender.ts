import type { WebhookSender } from '@fairlead/serving';
import { CliError } from '../cli-error.ts';

/**
 * Opens what calls the webhooks of `urls`, and nothing else.
 *
 * @throws CliError `ERR_CLI_USAGE` for a URL that none can have, or a secret of another form; the message doesn't contain it.
 */
export async function openSender(
  urls: readonly string[],
  secrets: readonly string[],
): Promise<WebhookSender> {
  const { WebhookSender } = await import('@fairlead/serving');
  // Not the whole URL: one of a destination has no query.
  const destinations = urls.map((url) => URL.parse(url)?.origin ?? url);
  let sender: WebhookSender;
  try {
    sender = new WebhookSender({ destinations, secrets });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('ERR_CLI_USAGE', why, { cause });
  }
  for (const url of urls) {
    if (sender.allows(url)) continue;
    throw new CliError(
      'ERR_CLI_USAGE',
      `${url} can't be where webhooks go; give http(s)://host/path, without a password, a fragment, and %2e, %2f or %5c in the path`,
    );
  }
  return sender;
}
