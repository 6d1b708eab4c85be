import type { CloudWatchMetricDefinition } from '@fairlead/monitoring/cloudwatch';
import { LEVEL_INTERVAL_MS } from '../monitoring/level-interval.ts';
import type { LevelMetric, MetricPublisher } from '../monitoring/metric-publisher.ts';
import type { Combination } from '../process-group/metric-batch.ts';

/** A number that is published to CloudWatch. */
export type PublishedNumber = PublishedTotal | PublishedLevel;

interface PublishedTotal {
  readonly name: string;
  /** It grows: its increase is published. */
  readonly kind: 'total';
  readonly read: () => number | Promise<number>;
  readonly readModels?: undefined;
}

interface PublishedLevel {
  readonly name: string;
  /** It goes up and down: its value is published. */
  readonly kind: 'level';
  /** Level of a host whose processes have these levels. */
  readonly combination: Combination;
  readonly read: () => number | Promise<number>;
  /** Reads the level of each model too, which is published with the dimensions `service` and `model`: of 20 models at most, since each is a metric that costs. */
  readonly readModels?: (() => ReadonlyMap<string, number>) | undefined;
}

const MAX_MODELS = 20;

/** Publishes numbers of this process with the dimension `service`, and those of models with `model` too, until it is stopped, which publishes them once more. */
export function publishNumbers(
  publisher: MetricPublisher,
  service: string,
  numbers: readonly PublishedNumber[],
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const published = numbers.map((number) =>
    number.kind === 'total'
      ? totalOf(publisher, service, number)
      : levelOf(publisher, service, number),
  );
  const publish = async (): Promise<void> => {
    for (const each of published) await each().catch(onError);
  };
  const timer = setInterval(() => void publish(), LEVEL_INTERVAL_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await publish();
    },
  };
}

function totalOf(publisher: MetricPublisher, service: string, { name, read }: PublishedTotal) {
  const metric = publisher.metric(definitionOf(name, { service }));
  let before = 0;
  return async (): Promise<void> => {
    const value = await read();
    metric.record(value - before);
    before = value;
  };
}

function levelOf(publisher: MetricPublisher, service: string, number: PublishedLevel) {
  const { name, combination, read, readModels } = number;
  const metric = publisher.level(definitionOf(name, { service }), combination);
  const models = new Map<string, LevelMetric>();
  return async (): Promise<void> => {
    metric.record(await read());
    for (const [model, value] of readModels?.() ?? []) {
      if (!models.has(model) && models.size >= MAX_MODELS) continue;
      const ofModel =
        models.get(model) ?? publisher.level(definitionOf(name, { service, model }), combination);
      models.set(model, ofModel);
      ofModel.record(value);
    }
  };
}

function definitionOf(
  name: string,
  dimensions: Readonly<Record<string, string>>,
): CloudWatchMetricDefinition {
  return { name, unit: 'Count', dimensions };
}
