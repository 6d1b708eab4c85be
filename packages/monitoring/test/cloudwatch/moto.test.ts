import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import type { Dimension, Statistic } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MotoServer, startMoto } from '@fairlead/test-support';
import { CloudWatchPublisher, cloudWatchObserver } from '../../src/cloudwatch/index.ts';

let moto: MotoServer;
let client: CloudWatchClient;

beforeAll(async () => {
  moto = await startMoto();
  client = new CloudWatchClient({
    endpoint: moto.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await moto.stop();
});

/** On a busy machine moto answers its first request after more than the default of five seconds. */
const requestTimeoutMs = 60_000;
const patient = { deadlineMs: 60_000 };

const statistics: Statistic[] = ['Sum', 'SampleCount', 'Minimum', 'Maximum', 'Average'];

/** All that moto has of one metric. */
async function stored(namespace: string, name: string, dimensions: Dimension[] = []) {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensions,
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 3_600_000),
      Period: 7200,
      Statistics: statistics,
    }),
  );
  expect(Datapoints).toHaveLength(1);
  return Datapoints[0];
}

describe('CloudWatchPublisher against moto', () => {
  test('stores the recorded values', async () => {
    const publisher = new CloudWatchPublisher({
      client,
      namespace: 'Fairlead/Exact',
      requestTimeoutMs,
    });
    const metric = publisher.metric({ name: 'Latency', unit: 'Milliseconds' });
    for (const [value, count] of [
      [0.25, 40],
      [12.5, 7],
      [950, 1],
    ] as const) {
      metric.record(value, count);
    }
    await publisher.close(patient);
    expect(publisher.stats()).toMatchObject({ recorded: 48, published: 48, requests: 1 });
    expect(await stored('Fairlead/Exact', 'Latency')).toMatchObject({
      SampleCount: 48,
      Sum: 0.25 * 40 + 12.5 * 7 + 950,
      Minimum: 0.25,
      Maximum: 950,
      Average: (0.25 * 40 + 12.5 * 7 + 950) / 48,
      Unit: 'Milliseconds',
    });
  });

  test('stores a busy minute within its rounding, from a compressed request of several datums', async () => {
    const publisher = new CloudWatchPublisher({
      client,
      namespace: 'Fairlead/Busy',
      requestTimeoutMs,
    });
    const metric = publisher.metric({ name: 'Latency', unit: 'Milliseconds' });
    const recorded = Array.from(
      { length: 10_000 },
      (_, index) => 0.5 + ((index * 7919) % 9973) / 37,
    );
    for (const value of recorded) metric.record(value);
    await publisher.close(patient);
    expect(publisher.stats()).toMatchObject({ published: 10_000, requests: 1 });
    const point = await stored('Fairlead/Busy', 'Latency');
    expect(point?.SampleCount).toBe(10_000);
    const exact: [number | undefined, number][] = [
      [point?.Sum, recorded.reduce((sum, value) => sum + value, 0)],
      [point?.Minimum, Math.min(...recorded)],
      [point?.Maximum, Math.max(...recorded)],
    ];
    for (const [given, expected] of exact) {
      expect(Math.abs((given ?? Number.NaN) - expected) / expected).toBeLessThanOrEqual(0.005);
    }
  });

  test('stores the metrics of the observer, with their dimensions', async () => {
    const publisher = new CloudWatchPublisher({
      client,
      namespace: 'Fairlead/Observer',
      requestTimeoutMs,
    });
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    for (let request = 0; request < 20; request += 1) {
      const about = { model: 'digits', version: String(request % 2) };
      observer.inferenceStarted(about);
      observer.executed({ ...about, batchSize: 4, computeDurationMs: 2 });
      observer.inferenceFinished({
        ...about,
        outcome: request < 5 ? 'failure' : 'success',
        rows: 4,
        requestDurationMs: 10,
        queueDurationMs: 1,
        computeDurationMs: 2,
      });
    }
    await publisher.close(patient);
    const { Metrics = [] } = await client.send(
      new ListMetricsCommand({ Namespace: 'Fairlead/Observer' }),
    );
    // moto lists a metric once for each of its values.
    expect(new Set(Metrics.map(({ MetricName }) => MetricName))).toEqual(
      new Set(['BatchSize', 'Failures', 'Latency', 'RequestCount']),
    );
    const dimensions = [
      { Name: 'service', Value: 'gateway' },
      { Name: 'model', Value: 'digits' },
    ];
    for (const metric of Metrics) expect(metric.Dimensions).toEqual(dimensions);
    const of = (name: string) => stored('Fairlead/Observer', name, dimensions);
    expect(await of('RequestCount')).toMatchObject({ Sum: 20 });
    expect(await of('Failures')).toMatchObject({ Sum: 5, Average: 0.25 });
    expect(await of('Latency')).toMatchObject({ SampleCount: 15, Average: 10 });
    expect(await of('BatchSize')).toMatchObject({ SampleCount: 20, Average: 4 });

    const { MetricDataResults = [] } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 3_600_000),
        MetricDataQueries: [
          {
            Id: 'requests',
            MetricStat: {
              Stat: 'Sum',
              Period: 7200,
              Metric: {
                Namespace: 'Fairlead/Observer',
                MetricName: 'RequestCount',
                Dimensions: dimensions,
              },
            },
          },
        ],
      }),
    );
    expect(MetricDataResults[0]?.Values).toEqual([20]);
  });

  test('reports that moto is unreachable, and does not throw', async () => {
    const gone = new CloudWatchClient({
      endpoint: 'http://127.0.0.1:9',
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    const codes: string[] = [];
    const publisher = new CloudWatchPublisher({
      client: gone,
      namespace: 'Fairlead/Gone',
      onError: ({ code }) => codes.push(code),
    });
    publisher.metric({ name: 'Own' }).record(1);
    await publisher.close({ deadlineMs: 300 });
    expect(codes).toEqual([
      'ERR_MONITORING_CLOUDWATCH_UNAVAILABLE',
      'ERR_MONITORING_CLOUDWATCH_VALUES_DROPPED',
    ]);
    expect(publisher.stats()).toMatchObject({ published: 0, dropped: { closed: 1 } });
  });
});
