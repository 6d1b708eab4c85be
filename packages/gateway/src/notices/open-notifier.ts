import { Notifier, type NoticeResult } from '@fairlead/monitoring';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import { readSettings } from '../settings/read-settings.ts';
import { openDestinations } from './open-destinations.ts';

/** Settings that a gateway requires, and notices don't. */
const OTHERS = {
  FAIRLEAD_REGISTRY: '.',
  FAIRLEAD_LISTEN: '127.0.0.1:0',
  FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
};

/**
 * Opens a notifier with the destinations that the settings `FAIRLEAD_NOTICE_…` name, for a process beside the gateway; other settings
 * aren't read.
 *
 * @returns undefined without a destination; else call `close` of it in the end
 * @throws SettingsError naming the setting that can't be used, without its value.
 *
 * @example
 * ```ts
 * import { openNotifier } from '@fairlead/gateway';
 *
 * console.log(await openNotifier({})); // undefined
 * const notifier = await openNotifier({ FAIRLEAD_NOTICE_SLACK_WEBHOOKS: 'http://127.0.0.1:1/hook' });
 * const results = await notifier?.send({ kind: 'performance', model: 'churn', summary: 'churn: accuracy is 0.81' });
 * await notifier?.close();
 * console.log(results?.map(({ reason }) => typeof reason)); // [ 'string' ]
 * ```
 */
export async function openNotifier(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Notifier | undefined> {
  const given = Object.entries(environment).filter(([name]) => name.startsWith('FAIRLEAD_NOTICE_'));
  const destinations = await openDestinations(
    readSettings({ ...Object.fromEntries(given), ...OTHERS }),
  );
  return destinations.length === 0 ? undefined : new Notifier({ destinations, service: SERVICE });
}

/**
 * Sends a test notice to each destination that the settings `FAIRLEAD_NOTICE_…` name, without retries; other settings aren't read.
 *
 * @returns the result of each destination; none without a destination
 * @throws SettingsError naming the setting that can't be used, without its value.
 *
 * @example
 * ```ts
 * import { testNotices } from '@fairlead/gateway';
 *
 * console.log(await testNotices({})); // []
 * const results = await testNotices({ FAIRLEAD_NOTICE_SLACK_WEBHOOKS: 'http://127.0.0.1:1/hook' });
 * console.log(results.map(({ reason }) => typeof reason)); // [ 'string' ]
 * ```
 */
export async function testNotices(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly NoticeResult[]> {
  const notifier = await openNotifier(environment);
  if (notifier === undefined) return [];
  try {
    return await notifier.test();
  } finally {
    await notifier.close();
  }
}
