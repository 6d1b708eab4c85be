import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { CloudWatchPublisher, cloudWatchObserver } from '../../src/cloudwatch/index.ts';
import type { InferenceFinishedEvent, InferenceObserver } from '../../src/index.ts';
import { StrictCloudWatch } from './strict-cloudwatch.ts';

let cloudWatch: StrictCloudWatch;
let publisher: CloudWatchPublisher;

beforeEach(async () => {
  cloudWatch = await StrictCloudWatch.start();
  publisher = new CloudWatchPublisher({ client: cloudWatch.client(), namespace: 'Fairlead' });
});

afterEach(async () => {
  await publisher.close();
  await cloudWatch.stop();
  expect(cloudWatch.violations).toEqual([]);
});

function finished(overrides: Partial<InferenceFinishedEvent> = {}): InferenceFinishedEvent {
  return {
    model: 'digits',
    version: '1',
    outcome: 'success',
    rows: 1,
    requestDurationMs: 12.5,
    queueDurationMs: 1,
    computeDurationMs: 10,
    ...overrides,
  };
}

describe('cloudWatchObserver', () => {
  test('is an observer of a model server', () => {
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    expectTypeOf(observer).toEqualTypeOf<InferenceObserver>();
  });

  test('records four metrics per model, with the dimensions service and model only', async () => {
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    for (const version of ['1', '2']) {
      observer.inferenceStarted({ model: 'digits', version });
      observer.executed({ model: 'digits', version, batchSize: 8, computeDurationMs: 10 });
      observer.inferenceFinished(finished({ version }));
    }
    observer.inferenceStarted({ model: 'digits', version: '1' });
    observer.inferenceFinished(
      finished({ outcome: 'failure', reason: 'REJECTED', requestDurationMs: 0.1 }),
    );
    await publisher.close();
    const datums = cloudWatch.accepted.flatMap((request) => request.datums);
    const dimensions = { service: 'gateway', model: 'digits' };
    expect(
      datums.map(({ name, unit, values, counts }) => ({ name, unit, values, counts })),
    ).toEqual([
      { name: 'BatchSize', unit: 'Count', values: [8], counts: [2] },
      { name: 'RequestCount', unit: 'Count', values: [1], counts: [3] },
      { name: 'Failures', unit: 'Count', values: [0, 1], counts: [2, 1] },
      { name: 'Latency', unit: 'Milliseconds', values: [12.5], counts: [2] },
    ]);
    for (const datum of datums) expect(datum.dimensions).toEqual(dimensions);
  });

  test('records models separately', async () => {
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    observer.inferenceFinished(finished());
    observer.inferenceFinished(finished({ model: 'breast-cancer' }));
    observer.inferenceFinished(finished({ model: 'breast-cancer' }));
    await publisher.close();
    const requests = (model: string) =>
      cloudWatch.distribution('RequestCount', { service: 'gateway', model }).get(1);
    expect([requests('digits'), requests('breast-cancer')]).toEqual([1, 2]);
  });

  test('converts any model name to a dimension, because an observer must not throw', async () => {
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    for (const model of ['größe\n', '  ', '', 'm'.repeat(2000)]) {
      observer.inferenceFinished(finished({ model }));
    }
    await publisher.close();
    const names = new Set(
      cloudWatch.accepted.flatMap(({ datums }) => datums.map(({ dimensions }) => dimensions.model)),
    );
    expect(names).toEqual(new Set(['gr__e_', '_', 'm'.repeat(1024)]));
  });

  test('drops readings that are not numbers', async () => {
    const observer = cloudWatchObserver(publisher, { service: 'gateway' });
    observer.inferenceFinished(finished({ requestDurationMs: Number.NaN }));
    await publisher.close();
    expect(publisher.stats()).toMatchObject({ published: 2, dropped: { invalid: 1 } });
  });

  test('refuses a service that cannot be a dimension', () => {
    expect(() => cloudWatchObserver(publisher, { service: '' })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_CLOUDWATCH_METRIC_INVALID' }),
    );
  });
});
