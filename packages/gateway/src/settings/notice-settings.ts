import { setting } from './setting.ts';
import { secretAddresses, names, sentryDsn, topicArn } from './setting-values.ts';

/** Notices about failed loads, versions that fail, and errors. */
export const noticeSettings = {
  noticeWebhooks: setting(
    'FAIRLEAD_NOTICE_WEBHOOKS',
    secretAddresses.optional(),
    undefined,
    'Sends notices about failed loads, failing versions and errors to these URLs as JSON, separated by commas: at once, then at most hourly with counts, and when they are over.',
  ),
  noticeSecrets: setting(
    'FAIRLEAD_NOTICE_SECRETS',
    names.optional(),
    undefined,
    'Secrets that sign these webhooks, separated by commas during a rotation: each `whsec_` and 24 to 64 bytes in base64. Required with the webhooks.',
  ),
  noticeSlackWebhooks: setting(
    'FAIRLEAD_NOTICE_SLACK_WEBHOOKS',
    secretAddresses.optional(),
    undefined,
    'Sends the notices as text to these incoming webhooks of Slack or Mattermost, separated by commas.',
  ),
  noticeTopic: setting(
    'FAIRLEAD_NOTICE_TOPIC',
    topicArn.optional(),
    undefined,
    'Publishes the notices to this topic of SNS, an ARN. The AWS SDK finds the credentials.',
  ),
  noticeSentryDsn: setting(
    'FAIRLEAD_NOTICE_SENTRY_DSN',
    sentryDsn.optional(),
    undefined,
    'Sends the notices as events to this project of Sentry or a compatible server, a DSN.',
  ),
} as const;
