import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { InferenceMetrics, modelMemoryMetrics, MonitoringError } from '@fairlead/monitoring';

test('shows the memory of the versions that are loaded at the time of a scrape', async () => {
  const registry = new Registry();
  const digits = { model: 'digits', version: '1', fileBytes: 128, residentBytes: 4096 };
  let loaded = [digits];
  modelMemoryMetrics({ registry, read: () => loaded });
  const page = await registry.metrics();
  expect(page).toContain('# TYPE fairlead_model_memory_bytes gauge');
  expect(page).toContain(
    'fairlead_model_memory_bytes{model="digits",version="1",kind="file"} 128\n',
  );
  expect(page).toContain(
    'fairlead_model_memory_bytes{model="digits",version="1",kind="resident"} 4096\n',
  );
  loaded = [{ ...digits, version: '2' }];
  expect(await registry.metrics()).not.toContain('version="1"');
});

test('can be added beside the other metrics, and only once', () => {
  const { registry } = new InferenceMetrics();
  const options = { registry, read: () => [] };
  modelMemoryMetrics(options);
  expect(() => {
    modelMemoryMetrics(options);
  }).toThrow(MonitoringError);
});
