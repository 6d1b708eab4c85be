import { setting } from './setting.ts';
import { names, secretAddresses, sentryDsn, topicArn, whole } from './setting-values.ts';

/** Notices about failed loads, versions that fail, errors, drift and certificates. */
export const noticeSettings = {
  noticeWebhooks: setting(
    'FAIRLEAD_NOTICE_WEBHOOKS',
    secretAddresses.optional(),
    undefined,
    'Sends notices about drift, failed loads, failing versions, errors and certificates to these URLs as JSON, separated by commas: at once, then at most hourly with counts, and when they are over.',
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
  noticeCertificates: setting(
    'FAIRLEAD_NOTICE_CERTIFICATES',
    names.optional(),
    undefined,
    'Certificates as PEM files that the gateway can read, separated by commas, such as those of Nginx. A notice is sent when one is near its end or can not be read.',
  ),
  noticeCertificateDays: setting(
    'FAIRLEAD_NOTICE_CERTIFICATE_DAYS',
    whole(1, 3650),
    '21',
    'Days before the end of a certificate at which that notice is sent.',
  ),
} as const;
