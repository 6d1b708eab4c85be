import { InferenceMetrics, MonitoringError, outcomeMetrics } from '@fairlead/monitoring';
import { expect, test } from 'vitest';

test('shows outcomes by result and those that wait, as they are at each scrape', async () => {
  const { registry } = new InferenceMetrics();
  const results = { counted: 3, unknown_metric: 1 };
  const churn = { model: 'churn', results, waiting: 2 };
  const read = () => [churn];
  outcomeMetrics({ registry, read });
  const lines = async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('fairlead_rollout_'));
  expect(await lines()).toEqual([
    'fairlead_rollout_outcomes_total{model="churn",result="counted"} 3',
    'fairlead_rollout_outcomes_total{model="churn",result="unknown_metric"} 1',
    'fairlead_rollout_outcomes_waiting{model="churn"} 2',
  ]);
  Object.assign(results, { counted: 5 });
  Object.assign(churn, { waiting: 0 });
  expect(await lines()).toEqual([
    'fairlead_rollout_outcomes_total{model="churn",result="counted"} 5',
    'fairlead_rollout_outcomes_total{model="churn",result="unknown_metric"} 1',
    'fairlead_rollout_outcomes_waiting{model="churn"} 0',
  ]);
  expect(() => {
    outcomeMetrics({ registry, read });
  }).toThrow(MonitoringError);
});
