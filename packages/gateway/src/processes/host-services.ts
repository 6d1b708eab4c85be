import { createLogger, type ProcessMetrics } from '@fairlead/monitoring';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import { HostMetrics } from '../monitoring/host-metrics.ts';
import { importCloudWatch, NAMESPACE } from '../monitoring/import-cloudwatch.ts';
import type { LogDestination } from '../monitoring/logger.ts';
import { ERRORS_END_MS } from '../notices/errors-end.ts';
import { HostNotices } from '../notices/host-notices.ts';
import { openHostNotices } from '../notices/open-host-notices.ts';
import type { MetricBatch } from '../process-group/metric-batch.ts';
import type { NoticeChange } from '../process-group/notice-change.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Services of the process that starts the others, for all of them. */
export interface HostServices {
  /** Publishes what a process has measured to CloudWatch. */
  publish(process: number, batch: MetricBatch): void;
  /** Sends notices about conditions that have changed in a process. */
  notify(process: number, changes: readonly NoticeChange[]): void;
  /** A process has ended; with the error if it was not stopped, about which a notice is sent. */
  end(process: number, error?: Error): void;
  /** Adds the metrics of the notices. */
  measure(metrics: Pick<ProcessMetrics, 'registry'>): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * Opens the publication to CloudWatch and the notices of all processes, as far as the settings have a namespace or a destination.
 *
 * @throws SettingsError when a setting can't be used or the AWS SDK isn't installed.
 */
export async function openHostServices(
  settings: Settings,
  destination: LogDestination,
): Promise<HostServices> {
  const { cloudWatchNamespace: namespace, logLevel: level } = settings;
  const logger = createLogger({ destination, service: SERVICE, level });
  const onError = (error: unknown): void => {
    logger.error({ err: error }, 'failed');
  };
  const publisher =
    namespace === undefined ? undefined : await openHostPublisher(namespace, onError);
  const metrics = publisher && new HostMetrics(publisher);
  const reporter = await openHostNotices(settings, logger);
  const notices = new HostNotices(reporter);
  return {
    notify: notices.change.bind(notices),
    measure: reporter.measure.bind(reporter),
    publish(process, batch) {
      metrics?.record(process, batch);
    },
    end(process, error) {
      metrics?.end(process);
      notices.end(process);
      if (error === undefined) return;
      reporter.report({
        ...{ kind: 'errors', name: 'process-ended', summary: error.message },
        ...{ details: { process }, endsAfterMs: ERRORS_END_MS },
      });
    },
    async close() {
      metrics?.close();
      await Promise.all([publisher?.close(), reporter.close()]);
    },
  };
}

async function openHostPublisher(namespace: string, onError: (error: unknown) => void) {
  const { openPublisher } = await importCloudWatch();
  return forSetting(NAMESPACE, () => openPublisher(namespace, onError));
}
