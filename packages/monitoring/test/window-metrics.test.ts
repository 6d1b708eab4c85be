import { expect, test } from 'vitest';
import { InferenceMetrics, MonitoringError, windowMetrics } from '@fairlead/monitoring';

test('shows what a recorder of windows counted, stored and lost, and what waits in memory and in the spool folder', async () => {
  const { registry } = new InferenceMetrics();
  let numbers = { requests: 40, stored: 3, waiting: 1, lost: { requests: 7, windows: 2 } };
  windowMetrics({ registry, read: () => numbers, spooled: () => Promise.resolve(5) });
  const page = await registry.metrics();
  for (const line of [
    '# TYPE fairlead_window_requests_total counter',
    'fairlead_window_requests_total 40',
    'fairlead_windows_stored_total 3',
    'fairlead_window_requests_lost_total 7',
    'fairlead_windows_lost_total 2',
    'fairlead_windows_waiting{place="memory"} 1',
    'fairlead_windows_waiting{place="spool"} 5',
  ]) {
    expect(page).toContain(`${line}\n`);
  }
  numbers = { ...numbers, requests: 41 };
  expect(await registry.metrics()).toContain('fairlead_window_requests_total 41\n');
});

test('a spool folder that cannot be read is reported, and only its number is absent', async () => {
  const { registry } = new InferenceMetrics();
  const errors: unknown[] = [];
  const numbers = { requests: 1, stored: 0, waiting: 0, lost: { requests: 0, windows: 0 } };
  windowMetrics({
    registry,
    read: () => numbers,
    spooled: () => Promise.reject(new Error('no permission')),
    onError: (error) => errors.push(error),
  });
  const page = await registry.metrics();
  expect(page).toContain('fairlead_windows_waiting{place="memory"} 0\n');
  expect(page).not.toContain('place="spool"');
  expect(errors).toEqual([new Error('no permission')]);
});

test('can be added only once', () => {
  const { registry } = new InferenceMetrics();
  const lost = { requests: 0, windows: 0 };
  const options = {
    registry,
    read: () => ({ requests: 0, stored: 0, waiting: 0, lost }),
    spooled: () => Promise.resolve(0),
  };
  windowMetrics(options);
  expect(() => {
    windowMetrics(options);
  }).toThrow(MonitoringError);
});
