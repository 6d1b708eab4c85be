import { randomBytes } from 'node:crypto';
import {
  sentryDestination,
  webhookDestination,
  type NoticeDestination,
} from '@fairlead/monitoring';
import { WebhookSender } from '@fairlead/webhooks';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * Opens the destinations of notices that the settings name.
 *
 * @throws SettingsError when a setting can't be used; its message contains neither a URL nor a secret.
 */
export async function openDestinations(settings: Settings): Promise<readonly NoticeDestination[]> {
  const { noticeSecrets = [], noticeTopic, noticeSentryDsn: dsn } = settings;
  const destinations = [
    ...openWebhooks('FAIRLEAD_NOTICE_WEBHOOKS', settings.noticeWebhooks, {
      secrets: noticeSecrets,
      format: 'json',
    }),
    ...openWebhooks('FAIRLEAD_NOTICE_SLACK_WEBHOOKS', settings.noticeSlackWebhooks, {
      // Slack checks no signature.
      secrets: [`whsec_${randomBytes(32).toString('base64')}`],
      format: 'slack',
    }),
  ];
  if (noticeTopic !== undefined) {
    const variable = 'FAIRLEAD_NOTICE_TOPIC';
    const { openSns } = await importPeer(
      variable,
      '@aws-sdk/client-sns',
      () => import('./open-sns.ts'),
    );
    destinations.push(forSetting(variable, () => openSns(noticeTopic)));
  }
  if (dsn !== undefined) {
    destinations.push(forSetting('FAIRLEAD_NOTICE_SENTRY_DSN', () => sentryDestination({ dsn })));
  }
  return destinations;
}

function openWebhooks(
  variable: string,
  urls: readonly string[] = [],
  { secrets, format }: { readonly secrets: readonly string[]; readonly format: 'json' | 'slack' },
): NoticeDestination[] {
  return urls.map((url) => {
    // The addresses come from the settings and not from a client, so that they may be private.
    const privateDestinations = [new URL(url).origin];
    const sender = forSetting(
      format === 'json' ? 'FAIRLEAD_NOTICE_SECRETS' : variable,
      () => new WebhookSender({ destinations: [], privateDestinations, secrets }),
    );
    const destination = forSetting(variable, () => webhookDestination({ url, sender, format }));
    return { ...destination, close: () => sender.close() };
  });
}
