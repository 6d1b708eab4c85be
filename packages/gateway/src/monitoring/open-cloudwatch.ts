import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { InferenceObserver } from '@fairlead/monitoring';
import { cloudWatchObserver, CloudWatchPublisher } from '@fairlead/monitoring/cloudwatch';

/** Publication of metrics to CloudWatch. */
export interface CloudWatch {
  readonly publisher: CloudWatchPublisher;
  readonly observer: InferenceObserver;
}

/**
 * Opens the publication to CloudWatch.
 *
 * @throws MonitoringError when the namespace is invalid.
 */
export function openCloudWatch(
  namespace: string,
  service: string,
  onError: (error: unknown) => void,
): CloudWatch {
  const client = new CloudWatchClient({ maxAttempts: 1 });
  const publisher = new CloudWatchPublisher({ client, namespace, onError });
  return { publisher, observer: cloudWatchObserver(publisher, { service }) };
}
