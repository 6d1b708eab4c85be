import {
  combineObservers,
  InferenceMetrics,
  StalenessMetrics,
  type InferenceObserver,
} from '@fairlead/monitoring';
import type { ProcessGroup } from '../process-group/process-group.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';
import { importCloudWatch, NAMESPACE } from './import-cloudwatch.ts';
import type { MetricPublisher } from './metric-publisher.ts';

/** Name of the service in logs and metrics. */
export const SERVICE = 'fairlead-gateway';

/** Metrics of one gateway, and their publication. */
export interface Monitoring {
  readonly metrics: InferenceMetrics;
  readonly staleness: StalenessMetrics;
  /** Receives every inference, for Prometheus and CloudWatch. */
  readonly observer: InferenceObserver;
  /** Undefined without a CloudWatch namespace. */
  readonly publisher: MetricPublisher | undefined;
  /** Publishes the remaining values. */
  close(): Promise<void>;
}

/**
 * Creates the metrics; with a CloudWatch namespace in the settings they are published there as well, by the process that started this one
 * if it is one of several.
 *
 * @throws SettingsError when the namespace is invalid or the AWS SDK isn't installed.
 */
export async function createMonitoring(
  { cloudWatchNamespace: namespace }: Settings,
  onError: (error: unknown) => void,
  processes?: Pick<ProcessGroup, 'publish'>,
): Promise<Monitoring> {
  const metrics = new InferenceMetrics();
  const staleness = new StalenessMetrics({ registry: metrics.registry });
  if (namespace === undefined) {
    return {
      metrics,
      staleness,
      observer: metrics,
      publisher: undefined,
      close: () => Promise.resolve(),
    };
  }
  const { openCloudWatch } = await importCloudWatch();
  const { publisher, observer, close } = forSetting(NAMESPACE, () =>
    openCloudWatch(namespace, SERVICE, { processes, onError }),
  );
  return { metrics, staleness, observer: combineObservers(metrics, observer), publisher, close };
}
