import { expect, test } from 'vitest';
import {
  InferenceMetrics,
  MonitoringError,
  rolloutMetrics,
  type RolloutMetricState,
} from '@fairlead/monitoring';

const churn: RolloutMetricState = {
  ...{ model: 'churn', rollout: 'churn-4', candidate: '4', status: 'running', share: 0.1, step: 2 },
  decision: 'hold',
  guardrails: [
    { name: 'failures', evidence: 0.25 },
    { name: 'slow', evidence: -1.5 },
  ],
  requests: { baseline: 900, candidate: 100 },
  hardFailures: 2,
};

test('shows the rollouts that are not ended, and requests and hard failures also of those that are', async () => {
  const { registry } = new InferenceMetrics();
  let states = [churn];
  rolloutMetrics({ registry, read: () => states });
  const labels = 'model="churn",rollout="churn-4"';
  const counters = [
    `fairlead_rollout_requests_total{${labels},variant="baseline"} 900`,
    `fairlead_rollout_requests_total{${labels},variant="candidate"} 100`,
    'fairlead_rollout_hard_failures_total{model="churn"} 2',
  ];
  const lines = [
    `fairlead_rollout_share{${labels},candidate="4"} 0.1`,
    `fairlead_rollout_step{${labels}} 2`,
    `fairlead_rollout_paused{${labels}} 0`,
    `fairlead_rollout_verdict{${labels},decision="hold"} 1`,
    `fairlead_rollout_evidence_ratio{${labels},guardrail="failures"} 0.25`,
    `fairlead_rollout_evidence_ratio{${labels},guardrail="slow"} -1.5`,
    ...counters,
  ];
  const linesOf = async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('fairlead_rollout'));
  expect(await linesOf()).toEqual(lines);
  expect(await linesOf()).toEqual(lines);
  states = [{ ...churn, status: 'paused', decision: undefined }];
  const paused = await linesOf();
  expect(paused).toContain(`fairlead_rollout_paused{${labels}} 1`);
  expect(paused.join('\n')).not.toContain('verdict');
  states = [{ ...churn, status: 'ended' }];
  expect(await linesOf()).toEqual(counters);
  expect(() => {
    rolloutMetrics({ registry, read: () => states });
  }).toThrow(MonitoringError);
});
