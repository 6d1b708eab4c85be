import { checkMethod, checkOptions, rejectOption } from '../check-options.ts';
import { MonitoringError } from '../monitoring-error.ts';
import type { OptionNames } from '../options-problem.ts';
import type { Notice, NoticeDestination } from './notice.ts';
import { noticeData, noticeLines, noticeTitle } from './notice-text.ts';
import { isRefusal } from './status-kind.ts';

/** Sends signed webhooks; `WebhookSender` of `@fairlead/webhooks` is one. */
export interface NoticeSender {
  /** Returns true when a webhook may be sent to the URL. */
  allows(url: string): boolean;
  /** Delivers once; resolves to the reason of a failure, such as `status 404`, else to undefined. */
  deliver(url: string, id: string, body: string): Promise<string | undefined>;
}

/** Options of {@link webhookDestination}. */
export interface WebhookDestinationOptions {
  /** URL of the webhook. It is treated as a secret, because the URLs of Slack are. */
  readonly url: string;
  /** Sends the webhooks; it must allow the URL. */
  readonly sender: NoticeSender;
  /**
   * `json` is `{ type, timestamp, data }` as Standard Webhooks recommends; `slack` is the text that incoming webhooks of Slack and
   * Mattermost expect.
   *
   * @defaultValue `'json'`
   */
  readonly format?: 'json' | 'slack';
  /**
   * Name in logs and results.
   *
   * @defaultValue the format and the host of the URL
   */
  readonly name?: string;
}

const optionNames: OptionNames<WebhookDestinationOptions> = {
  url: 'required',
  sender: 'required',
  format: 'optional',
  name: 'optional',
};

const MAX_SLACK_LENGTH = 3500;
const emoji = {
  began: ':red_circle:',
  continues: ':large_orange_circle:',
  ended: ':large_green_circle:',
  test: ':information_source:',
} as const;

/**
 * Creates a destination that sends notices to a webhook. Requests are signed by the sender; a notice has the same `webhook-id` in
 * each attempt.
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`; its message doesn't contain the URL.
 *
 * @example
 * ```ts
 * import { webhookDestination } from '@fairlead/monitoring';
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const sender = new WebhookSender({
 *   destinations: ['https://hooks.slack.com'],
 *   secrets: [`whsec_${Buffer.alloc(32, 'key').toString('base64')}`],
 * });
 * const url = 'https://hooks.slack.com/services/T0/B0/secret';
 * console.log(webhookDestination({ url, sender, format: 'slack' }).name); // slack hooks.slack.com
 * await sender.close();
 * ```
 */
export function webhookDestination(options: WebhookDestinationOptions): NoticeDestination {
  const {
    url,
    sender,
    format = 'json',
    name,
  } = checkOptions('webhookDestination', options, optionNames);
  checkMethod('sender', sender, 'deliver');
  checkMethod('sender', sender, 'allows');
  if (!['json', 'slack'].includes(format)) rejectOption('format', 'json or slack', format);
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null || !sender.allows(url)) {
    const expected = 'Option url: expected an http(s) URL that the sender allows';
    throw new MonitoringError(
      'ERR_MONITORING_INVALID_OPTION',
      `${expected}; the given one is not shown, because it may contain a secret.`,
    );
  }
  const encode = format === 'slack' ? slackBody : jsonBody;
  return {
    name: name ?? `${format === 'slack' ? 'slack' : 'webhook'} ${parsed.host}`,
    async send(notice) {
      const reason = await sender.deliver(url, notice.id, encode(notice));
      if (reason === undefined) return;
      const status = /^status (\d{3})$/.exec(reason)?.[1];
      throw new MonitoringError(
        status !== undefined && isRefusal(Number(status))
          ? 'ERR_MONITORING_NOTICE_REJECTED'
          : 'ERR_MONITORING_NOTICE_UNAVAILABLE',
        withoutUrl(reason, url, parsed),
      );
    },
  };
}

function jsonBody(notice: Notice): string {
  return JSON.stringify({
    type: `notice.${notice.status}`,
    timestamp: new Date(notice.atMs).toISOString(),
    data: noticeData(notice),
  });
}

/** Source of the escapes: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function slackBody(notice: Notice): string {
  const escape = (line: string): string =>
    line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const [title = '', ...lines] = [noticeTitle(notice), ...noticeLines(notice)].map(escape);
  const text = [`${emoji[notice.status]} ${title}`, ...lines].join('\n');
  return JSON.stringify({ text: text.slice(0, MAX_SLACK_LENGTH) });
}

function withoutUrl(reason: string, url: string, { href, pathname, search }: URL): string {
  return [url, href, `${pathname}${search}`, pathname, search]
    .filter((secret) => secret.length > 1)
    .reduce((text, secret) => text.replaceAll(secret, '[hidden]'), reason);
}
