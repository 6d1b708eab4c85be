import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { LimitMetrics, MonitoringError } from '@fairlead/monitoring';

test('the time without the store is 0 until the first failure and after the recovery', async () => {
  const registry = new Registry();
  let now = 1000;
  const limits = new LimitMetrics({ registry, now: () => now });
  const page = () => registry.metrics();
  expect(await page()).toContain('fairlead_limits_store_unavailable_seconds 0\n');
  limits.failed();
  now += 2000;
  limits.failed();
  expect(await page()).toContain('fairlead_limits_store_unavailable_seconds 2\n');
  limits.recovered();
  expect(await page()).toContain('fairlead_limits_store_unavailable_seconds 0\n');
  expect(() => new LimitMetrics({ registry })).toThrow(MonitoringError);
});

test('counters are those of each client and each limit, however often they are read', async () => {
  const registry = new Registry();
  const limits = new LimitMetrics({ registry });
  limits.used('a', { requests: 1 });
  limits.used('a', { requests: 1, elements: 784 });
  limits.used('b', { requests: 3 });
  limits.refused('requests-per-day');
  limits.refused('requests-per-day');
  await registry.metrics();
  limits.used('a', { elements: 1 });
  const page = await registry.metrics();
  expect(page.split('\n').filter((line) => /^fairlead_(?:client|limit)_/.test(line))).toEqual([
    'fairlead_limit_refused_total{limit="requests-per-day"} 2',
    'fairlead_client_requests_total{client="a"} 2',
    'fairlead_client_requests_total{client="b"} 3',
    'fairlead_client_elements_total{client="a"} 785',
  ]);
});
