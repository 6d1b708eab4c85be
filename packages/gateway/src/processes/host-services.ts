import { createLogger } from '@fairlead/monitoring';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import { HostMetrics } from '../monitoring/host-metrics.ts';
import { importCloudWatch, NAMESPACE } from '../monitoring/import-cloudwatch.ts';
import type { LogDestination } from '../monitoring/logger.ts';
import type { MetricBatch } from '../process-group/metric-batch.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Services of the process that starts the others, for all of them. */
export interface HostServices {
  /** Publishes what a process has measured to CloudWatch. */
  publish(process: number, batch: MetricBatch): void;
  /** A process has ended. */
  end(process: number): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * Opens the publication to CloudWatch of all processes, if the settings have a namespace.
 *
 * @throws SettingsError when the namespace is invalid or the AWS SDK isn't installed.
 */
export async function openHostServices(
  { cloudWatchNamespace: namespace, logLevel: level }: Settings,
  destination: LogDestination,
): Promise<HostServices> {
  const logger = createLogger({ destination, service: SERVICE, level });
  const onError = (error: unknown): void => {
    logger.error({ err: error }, 'failed');
  };
  const publisher =
    namespace === undefined ? undefined : await openHostPublisher(namespace, onError);
  const metrics = publisher && new HostMetrics(publisher);
  return {
    publish(process, batch) {
      metrics?.record(process, batch);
    },
    end(process) {
      metrics?.end(process);
    },
    async close() {
      metrics?.close();
      await publisher?.close();
    },
  };
}

async function openHostPublisher(namespace: string, onError: (error: unknown) => void) {
  const { openPublisher } = await importCloudWatch();
  return forSetting(NAMESPACE, () => openPublisher(namespace, onError));
}
