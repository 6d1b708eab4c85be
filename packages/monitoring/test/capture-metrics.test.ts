import { expect, test } from 'vitest';
import { captureMetrics, InferenceMetrics, MonitoringError } from '@fairlead/monitoring';

test('shows what a recorder received, captured and lost, and what waits, at each scrape', async () => {
  const { registry } = new InferenceMetrics();
  let numbers = { seen: 50, captured: 5, waitingBytes: 812, lost: { 'spool-full': 3, closed: 0 } };
  captureMetrics({ registry, read: () => numbers });
  const page = await registry.metrics();
  for (const line of [
    '# TYPE fairlead_capture_requests_seen_total counter',
    'fairlead_capture_requests_seen_total 50',
    'fairlead_capture_requests_lost_total{reason="spool-full"} 3',
    'fairlead_capture_requests_lost_total{reason="closed"} 0',
    'fairlead_capture_requests 5',
    'fairlead_capture_waiting_bytes 812',
  ]) {
    expect(page).toContain(`${line}\n`);
  }
  numbers = { ...numbers, seen: 51, waitingBytes: 0 };
  const next = await registry.metrics();
  expect(next).toContain('fairlead_capture_requests_seen_total 51\n');
  expect(next).toContain('fairlead_capture_waiting_bytes 0\n');
  expect(() => {
    captureMetrics({ registry, read: () => numbers });
  }).toThrow(MonitoringError);
});
