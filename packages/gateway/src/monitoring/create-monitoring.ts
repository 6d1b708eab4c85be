import {
  combineObservers,
  InferenceMetrics,
  StalenessMetrics,
  type InferenceObserver,
} from '@fairlead/monitoring';
import type { CloudWatchMetricSource } from '@fairlead/monitoring/cloudwatch';
import { importPeer } from '../settings/import-peer.ts';
import { forSetting } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Name of the service in logs and metrics. */
export const SERVICE = 'fairlead-gateway';

/** Metrics of one gateway, and their publication. */
export interface Monitoring {
  readonly metrics: InferenceMetrics;
  readonly staleness: StalenessMetrics;
  /** Receives every inference, for Prometheus and CloudWatch. */
  readonly observer: InferenceObserver;
  /** Undefined without a CloudWatch namespace. */
  readonly publisher: CloudWatchMetricSource | undefined;
  /** Publishes the remaining values. */
  close(): Promise<void>;
}

/**
 * Creates the metrics; with a CloudWatch namespace in the settings they are published there as well.
 *
 * @throws SettingsError when the namespace is invalid or the AWS SDK isn't installed.
 */
export async function createMonitoring(
  { cloudWatchNamespace: namespace }: Settings,
  onError: (error: unknown) => void,
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
  const variable = 'FAIRLEAD_CLOUDWATCH_NAMESPACE';
  const { openCloudWatch } = await importPeer(
    variable,
    '@aws-sdk/client-cloudwatch',
    () => import('./open-cloudwatch.ts'),
  );
  const { publisher, observer } = forSetting(variable, () =>
    openCloudWatch(namespace, SERVICE, onError),
  );
  return {
    metrics,
    staleness,
    observer: combineObservers(metrics, observer),
    publisher,
    close: () => publisher.close(),
  };
}
