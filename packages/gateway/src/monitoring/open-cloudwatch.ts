import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { InferenceObserver } from '@fairlead/monitoring';
import { cloudWatchObserver, CloudWatchPublisher } from '@fairlead/monitoring/cloudwatch';
import type { ProcessGroup } from '../process-group/process-group.ts';
import { ForwardedMetrics } from './forwarded-metrics.ts';
import { metricPublisher, type MetricPublisher } from './metric-publisher.ts';

/** Metrics of a gateway for CloudWatch. */
export interface CloudWatch {
  readonly publisher: MetricPublisher;
  readonly observer: InferenceObserver;
  /** Publishes the remaining values. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the publication to CloudWatch of a whole host.
 *
 * @throws MonitoringError when the namespace is invalid.
 */
export function openPublisher(
  namespace: string,
  onError: (error: unknown) => void,
): CloudWatchPublisher {
  const client = new CloudWatchClient({ maxAttempts: 1 });
  return new CloudWatchPublisher({ client, namespace, onError });
}

/**
 * Opens the metrics of a gateway for CloudWatch; of one of several processes they are published by the process that started it.
 *
 * @throws MonitoringError when the namespace is invalid.
 */
export function openCloudWatch(
  namespace: string,
  service: string,
  {
    processes,
    onError,
  }: {
    readonly processes: Pick<ProcessGroup, 'publish'> | undefined;
    readonly onError: (error: unknown) => void;
  },
): CloudWatch {
  if (processes !== undefined) {
    const forwarded = new ForwardedMetrics((batch) => processes.publish(batch));
    return {
      publisher: forwarded,
      observer: cloudWatchObserver(forwarded, { service }),
      close: () => forwarded.close(),
    };
  }
  const publisher = openPublisher(namespace, onError);
  return {
    publisher: metricPublisher(publisher),
    observer: cloudWatchObserver(publisher, { service }),
    close: () => publisher.close(),
  };
}
