import { noticeMetrics, Notifier, type InferenceMetrics } from '@fairlead/monitoring';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { Logger } from '../monitoring/logger.ts';
import type { ProcessGroup } from '../process-group/process-group.ts';
import type { Settings } from '../settings/settings.ts';
import { watchCertificates } from './certificate-watch.ts';
import { ForwardedNotices } from './forwarded-notices.ts';
import { openDestinations } from './open-destinations.ts';

/** Sends notices about conditions that are reported to it. */
export interface ConditionReporter extends Pick<
  Notifier,
  'resolve' | 'resolveShared' | 'forget' | 'report'
> {
  /** Adds the metrics of the notices. */
  measure(metrics: Pick<InferenceMetrics, 'registry'>): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * Opens the notices of a whole host, and watches its certificates; without a destination in the settings, nothing is sent.
 *
 * @throws SettingsError when a setting can't be used.
 */
export async function openHostNotices(
  settings: Settings,
  logger: Logger,
): Promise<ConditionReporter> {
  const notifier = new Notifier({
    destinations: await openDestinations(settings),
    service: SERVICE,
    // Not an error of the gateway: a notice about notices would never arrive.
    onError: (error) => {
      logger.warn({ err: error }, 'notice-failed');
    },
  });
  const certificates = watchCertificates(settings, notifier);
  return {
    report: notifier.report.bind(notifier),
    resolve: notifier.resolve.bind(notifier),
    resolveShared: notifier.resolveShared.bind(notifier),
    forget: notifier.forget.bind(notifier),
    measure({ registry }) {
      noticeMetrics({ registry, read: () => notifier.counts });
    },
    async close() {
      certificates?.close();
      await notifier.close();
    },
  };
}

/** Opens the notices of one of several processes, which the process that started it sends. */
export function openForwardedNotices(
  settings: Settings,
  processes: Pick<ProcessGroup, 'notify'>,
): ConditionReporter {
  const { noticeWebhooks, noticeSlackWebhooks, noticeTopic, noticeSentryDsn } = settings;
  const hasDestination = [noticeWebhooks, noticeSlackWebhooks, noticeTopic, noticeSentryDsn].some(
    (destination) => destination !== undefined,
  );
  const notices = new ForwardedNotices((changes) =>
    hasDestination ? processes.notify(changes) : Promise.resolve(),
  );
  return {
    report: notices.report.bind(notices),
    resolve: notices.resolve.bind(notices),
    resolveShared: notices.resolveShared.bind(notices),
    forget: notices.forget.bind(notices),
    // The process that sends has the counts.
    measure: () => undefined,
    close: () => notices.close(),
  };
}
