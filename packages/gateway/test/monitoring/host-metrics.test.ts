import type { CloudWatchMetricDefinition } from '@fairlead/monitoring/cloudwatch';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ForwardedMetrics } from '../../src/monitoring/forwarded-metrics.ts';
import { HostMetrics } from '../../src/monitoring/host-metrics.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Metrics of a host with the processes 1 and 2, and what is published of them. */
function host() {
  const published = new Map<string, number[]>();
  const metrics = new HostMetrics({
    metric({ name, dimensions = {} }: CloudWatchMetricDefinition) {
      const values: number[] = [];
      published.set([name, ...Object.values(dimensions)].join(' '), values);
      return {
        record: (value, count = 1) => void values.push(...Array<number>(count).fill(value)),
      };
    },
  });
  const processes = [1, 2].map(
    (number) =>
      new ForwardedMetrics((batch) => {
        metrics.record(number, structuredClone(batch));
        return Promise.resolve();
      }),
  );
  const [first, second] = processes as [ForwardedMetrics, ForwardedMetrics];
  return { metrics, published, first, second };
}

test('every value of each process is published in one metric', async () => {
  const { published, first, second } = host();
  for (const process of [first, second]) {
    const latency = process.metric({ name: 'Latency', dimensions: { model: 'churn' } });
    latency.record(7);
    latency.record(process === first ? 1 : 9, 2);
  }
  await vi.advanceTimersByTimeAsync(1000);
  expect([...published.keys()]).toEqual(['Latency churn']);
  expect(published.get('Latency churn')).toEqual([7, 1, 1, 7, 9, 9]);
});

test('a level is published once for all processes: added up, or the highest, without those that have ended', async () => {
  const { metrics, published, first, second } = host();
  for (const [index, process] of [first, second].entries()) {
    process.level({ name: 'Waiting' }, 'sum').record(index + 3);
    process.level({ name: 'Drifted' }, 'max').record(index + 3);
  }
  await vi.advanceTimersByTimeAsync(15_000);
  expect(published.get('Waiting')).toEqual([7]);
  expect(published.get('Drifted')).toEqual([4]);
  metrics.end(2);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(published.get('Waiting')).toEqual([7, 3]);
  metrics.end(1);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(published.get('Waiting')).toEqual([7, 3]);
});

test('what is left is published at the end', async () => {
  const { metrics, published, first } = host();
  first.metric({ name: 'Requests' }).record(1);
  first.level({ name: 'Waiting' }, 'sum').record(5);
  await first.close();
  metrics.close();
  expect(published.get('Requests')).toEqual([1]);
  expect(published.get('Waiting')).toEqual([5]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(published.get('Waiting')).toEqual([5]);
});

test('values that can not be delivered are dropped without an error', async () => {
  const forwarded = new ForwardedMetrics(() => Promise.reject(new Error('The parent has ended.')));
  forwarded.metric({ name: 'Requests' }).record(1);
  await expect(forwarded.close()).resolves.toBeUndefined();
});
