import { expect, test } from 'vitest';
import {
  driftMetrics,
  InferenceMetrics,
  MonitoringError,
  type DriftState,
} from '@fairlead/monitoring';

test('shows how many features of each version drift, and which, up to a limit', async () => {
  const { registry } = new InferenceMetrics();
  const feature = (name: string) => ({ name, role: 'feature' });
  let states: DriftState[] = [
    {
      ...{ model: 'churn', version: '3', to: 7_200_000 },
      summary: { drift: 3, ok: 8, 'insufficient data': 0 },
      drifted: [feature('age'), { name: 'y', role: 'output' }, feature('income')],
    },
  ];
  driftMetrics({ registry, read: () => states, maxFeatures: 2 });
  const page = await registry.metrics();
  const labels = 'model="churn",version="3"';
  for (const line of [
    `fairlead_drift_features{${labels},status="drift"} 3`,
    `fairlead_drift_features{${labels},status="ok"} 8`,
    `fairlead_feature_drift{${labels},feature="age",role="feature"} 1`,
    `fairlead_feature_drift{${labels},feature="y",role="output"} 1`,
    `fairlead_drift_judged_timestamp_seconds{${labels}} 7200`,
  ]) {
    expect(page).toContain(`${line}\n`);
  }
  expect(page).not.toContain('income');
  states = [];
  expect(await registry.metrics()).not.toContain('churn');
  expect(() => {
    driftMetrics({ registry, read: () => states });
  }).toThrow(MonitoringError);
});
