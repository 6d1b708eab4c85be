import type { CloudWatchMetricSource } from '@fairlead/monitoring/cloudwatch';

type CloudWatchMetric = ReturnType<CloudWatchMetricSource['metric']>;

/** CloudWatch aggregates by minutes; an alarm needs a value in each. */
const PUBLISH_INTERVAL_MS = 15_000;

/** A number that is published to CloudWatch. */
export interface PublishedNumber {
  readonly name: string;
  /** `total` grows: its increase is published. `level` goes up and down: its value is published. */
  readonly kind: 'total' | 'level';
  readonly read: () => number | Promise<number>;
  /** Reads a `level` of each model too, which is published with the dimensions `service` and `model`: of 20 models at most, since each is a metric that costs. */
  readonly readModels?: (() => ReadonlyMap<string, number>) | undefined;
}

const MAX_MODELS = 20;

/** Publishes numbers of this process with the dimension `service`, and those of models with `model` too, until it is stopped, which publishes them once more. */
export function publishNumbers(
  publisher: CloudWatchMetricSource,
  service: string,
  numbers: readonly PublishedNumber[],
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const published = numbers.map(({ name, kind, read, readModels }) => {
    const models = new Map<string, CloudWatchMetric>();
    const publishModels = (): void => {
      for (const [model, value] of readModels?.() ?? []) {
        if (!models.has(model) && models.size >= MAX_MODELS) continue;
        const dimensions = { service, model };
        const metric = models.get(model) ?? publisher.metric({ name, unit: 'Count', dimensions });
        models.set(model, metric);
        metric.record(value);
      }
    };
    const metric = publisher.metric({ name, unit: 'Count', dimensions: { service } });
    let before = 0;
    return async (): Promise<void> => {
      const value = await read();
      metric.record(kind === 'total' ? value - before : value);
      before = value;
      publishModels();
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
