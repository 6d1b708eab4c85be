import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { InferenceMetrics, MonitoringError, StalenessMetrics } from '@fairlead/monitoring';

test('counts the seconds since each model was last confirmed', async () => {
  let now = 1000;
  const registry = new Registry();
  const staleness = new StalenessMetrics({ registry, now: () => now });
  expect(await registry.metrics()).not.toContain('model=');
  staleness.track('digits');
  now += 1500;
  staleness.confirm('other');
  now += 500;
  staleness.track('digits');
  expect(staleness.seconds('digits')).toBe(2);
  expect(staleness.seconds('unknown')).toBeUndefined();
  const page = await registry.metrics();
  expect(page).toContain('# TYPE fairlead_registry_staleness_seconds gauge');
  expect(page).toContain('fairlead_registry_staleness_seconds{model="digits"} 2\n');
  expect(page).toContain('fairlead_registry_staleness_seconds{model="other"} 0.5\n');
  staleness.confirm('digits');
  expect(await registry.metrics()).toContain('{model="digits"} 0\n');
  staleness.forget('digits');
  expect(await registry.metrics()).not.toContain('digits');
});

test('registers beside the other metrics, and only once', () => {
  const { registry } = new InferenceMetrics();
  new StalenessMetrics({ registry });
  expect(() => new StalenessMetrics({ registry })).toThrow(MonitoringError);
});
