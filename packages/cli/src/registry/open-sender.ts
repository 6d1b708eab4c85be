import type { WebhookSender } from '@fairlead/webhooks';
import { CliError } from '../cli-error.ts';

/**
 * Opens a webhook sender for `urls` alone. With `allowPrivate` their names may resolve to loopback and private addresses.
 *
 * @throws CliError `ERR_CLI_USAGE` for a URL or a secret of another form; the message doesn't contain the secret.
 */
export async function openSender(
  urls: readonly string[],
  secrets: readonly string[],
  allowPrivate: boolean,
): Promise<WebhookSender> {
  const { WebhookSender } = await import('@fairlead/webhooks');
  // Not the whole URL: one of a destination has no query.
  const destinations = urls.map((url) => URL.parse(url)?.origin ?? url);
  let sender: WebhookSender;
  try {
    sender = new WebhookSender(
      allowPrivate
        ? { destinations: [], privateDestinations: destinations, secrets }
        : { destinations, secrets },
    );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('ERR_CLI_USAGE', why, { cause });
  }
  for (const url of urls) {
    if (sender.allows(url)) continue;
    throw new CliError(
      'ERR_CLI_USAGE',
      `${url} is not the URL of a webhook: expected http(s)://host/path without a password, a fragment, and in the path without "..", backslashes, %2e, %2f and %25`,
    );
  }
  return sender;
}
