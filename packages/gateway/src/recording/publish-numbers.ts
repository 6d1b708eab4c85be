import type { CloudWatchMetricSource } from '@fairlead/monitoring/cloudwatch';

/** CloudWatch aggregates by minutes; an alarm needs a value in each. */
const PUBLISH_INTERVAL_MS = 15_000;

/** A number that is published to CloudWatch. */
export interface PublishedNumber {
  readonly name: string;
  /** `total` grows: its increase is published. `level` goes up and down: its value is published. */
  readonly kind: 'total' | 'level';
  readonly read: () => number | Promise<number>;
}

/** Publishes numbers of this process with the dimension `service` until it is stopped, which publishes them once more. */
export function publishNumbers(
  publisher: CloudWatchMetricSource,
  service: string,
  numbers: readonly PublishedNumber[],
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const published = numbers.map(({ name, kind, read }) => {
    const metric = publisher.metric({ name, unit: 'Count', dimensions: { service } });
    let before = 0;
    return async (): Promise<void> => {
      const value = await read();
      metric.record(kind === 'total' ? value - before : value);
      before = value;
    };
  });
  const publish = async (): Promise<void> => {
    for (const each of published) await each().catch(onError);
  };
  const timer = setInterval(() => void publish(), PUBLISH_INTERVAL_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await publish();
    },
  };
}
