import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { KeysFileMetrics, MonitoringError } from '@fairlead/monitoring';

test('the staleness of the keys file grows from the first failure until it recovers', async () => {
  let now = 1000;
  const registry = new Registry();
  const keysFile = new KeysFileMetrics({ registry, now: () => now });
  expect(await registry.metrics()).toContain('fairlead_keys_file_staleness_seconds 0\n');
  keysFile.failed();
  now += 1500;
  keysFile.failed();
  now += 500;
  expect(keysFile.seconds()).toBe(2);
  expect(await registry.metrics()).toContain('fairlead_keys_file_staleness_seconds 2\n');
  keysFile.recovered();
  now += 500;
  expect(await registry.metrics()).toContain('fairlead_keys_file_staleness_seconds 0\n');
  expect(() => new KeysFileMetrics({ registry })).toThrow(MonitoringError);
});
