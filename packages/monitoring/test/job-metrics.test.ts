import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { InferenceMetrics, JobMetrics, MonitoringError } from '@fairlead/monitoring';

test('counts outcomes and other events of jobs, and reads the queue at each scrape', async () => {
  const registry = new Registry();
  let queued = 3;
  const metrics = new JobMetrics({
    registry,
    depth: () => Promise.resolve({ queued, running: 1 }),
  });
  metrics.count({ type: 'job-finished', model: 'digits', state: 'succeeded' });
  metrics.count({ type: 'job-finished', model: 'digits', state: 'succeeded' });
  metrics.count({ type: 'webhook-delivered' });
  const page = await registry.metrics();
  expect(page).toContain('fairlead_jobs_finished_total{model="digits",state="succeeded"} 2\n');
  expect(page).toContain('fairlead_job_events_total{type="webhook-delivered"} 1\n');
  expect(page).toContain('fairlead_jobs{state="queued"} 3\n');
  expect(page).toContain('fairlead_jobs{state="running"} 1\n');
  queued = 0;
  expect(await registry.metrics()).toContain('fairlead_jobs{state="queued"} 0\n');
});

test('a queue that cannot be read omits the gauge, and the other metrics stay', async () => {
  const registry = new Registry();
  const errors: unknown[] = [];
  const metrics = new JobMetrics({
    registry,
    depth: () => Promise.reject(new Error('gone')),
    onError: (error) => errors.push(error),
  });
  metrics.count({ type: 'job-lost' });
  const page = await registry.metrics();
  expect(page).not.toContain('fairlead_jobs{');
  expect(page).toContain('fairlead_job_events_total{type="job-lost"} 1\n');
  expect(errors).toHaveLength(1);
});

test('registers beside the other metrics, and only once', () => {
  const { registry } = new InferenceMetrics();
  const options = { registry, depth: () => Promise.resolve({ queued: 0, running: 0 }) };
  new JobMetrics(options);
  expect(() => new JobMetrics(options)).toThrow(MonitoringError);
});
