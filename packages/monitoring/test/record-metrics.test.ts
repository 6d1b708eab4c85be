import { expect, test } from 'vitest';
import { InferenceMetrics, MonitoringError, RecordMetrics } from '@fairlead/monitoring';

test('counts lost records by reason, from 0', async () => {
  const { registry } = new InferenceMetrics();
  const records = new RecordMetrics({ registry });
  expect(await registry.metrics()).toContain('fairlead_records_lost_total{reason="failed"} 0\n');
  records.countLost({ failed: 2, dropped: 5 });
  records.countLost({ failed: 0, dropped: 1 });
  const page = await registry.metrics();
  expect(page).toContain('fairlead_records_lost_total{reason="failed"} 2\n');
  expect(page).toContain('fairlead_records_lost_total{reason="dropped"} 6\n');
  expect(records.lost).toBe(8);
  expect(() => new RecordMetrics({ registry })).toThrow(MonitoringError);
});
