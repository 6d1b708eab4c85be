import { InferenceMetrics } from '@fairlead/monitoring';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keysFileHealth } from '../src/access/open-guard.ts';

test('CloudWatch gets the staleness of the keys file four times a minute, 0 without a failure', () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const health = keysFileHealth(new InferenceMetrics().registry);
  const values: number[] = [];
  const definitions: unknown[] = [];
  const publishing = health.publishTo(
    {
      level(definition) {
        definitions.push(definition);
        return { record: (value) => values.push(value) };
      },
    },
    'fairlead-gateway',
  );
  expect(definitions).toEqual([
    { name: 'KeysFileStaleness', unit: 'Seconds', dimensions: { service: 'fairlead-gateway' } },
  ]);
  vi.advanceTimersByTime(30_000);
  health.failed();
  vi.advanceTimersByTime(30_000);
  health.failed();
  expect(health.warnings).toHaveLength(1);
  health.recovered();
  vi.advanceTimersByTime(15_000);
  expect(values).toEqual([0, 0, 15, 30, 0]);
  publishing.stop();
  vi.advanceTimersByTime(60_000);
  expect(values).toHaveLength(5);
  expect(health.warnings).toEqual([]);
});
