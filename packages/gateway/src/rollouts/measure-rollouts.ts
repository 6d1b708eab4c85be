import { outcomeMetrics, rolloutMetrics, type InferenceMetrics } from '@fairlead/monitoring';
import { rolloutName, type RolloutRunner, type RunningRollout } from '@fairlead/rollout';
import { SERVICE } from '../monitoring/create-monitoring.ts';
import type { MetricPublisher } from '../monitoring/metric-publisher.ts';
import { publishNumbers } from '../recording/publish-numbers.ts';

/** Destinations of the numbers of rollouts. */
export interface MeasureRolloutsOptions {
  readonly metrics: Pick<InferenceMetrics, 'registry'>;
  readonly publisher: MetricPublisher | undefined;
  readonly onError: (error: unknown) => void;
}

/** Shows the rollouts of a runner to Prometheus, and publishes their numbers to CloudWatch until it is stopped. */
export function measureRollouts(
  runner: Pick<RolloutRunner, 'rollouts' | 'outcomes'>,
  { metrics, publisher, onError }: MeasureRolloutsOptions,
): { stop(): Promise<void> } {
  rolloutMetrics({
    registry: metrics.registry,
    read: () =>
      runner.rollouts.map(({ state, verdict, share, requests, hardFailures }) => ({
        ...{ model: state.model, rollout: rolloutName(state), candidate: state.plan.candidate },
        ...{ status: state.status, step: state.step + 1, share, requests, hardFailures },
        decision: decisionOf(state, verdict),
        guardrails: verdict?.guardrails ?? [],
      })),
  });
  outcomeMetrics({ registry: metrics.registry, read: () => runner.outcomes });
  if (publisher === undefined) return { stop: () => Promise.resolve() };
  const active = () => runner.rollouts.filter(({ state }) => state.status !== 'ended');
  const held = () => active().filter((each) => decisionOf(each.state, each.verdict) === 'hold');
  const failures = () => runner.rollouts.reduce((sum, { hardFailures }) => sum + hardFailures, 0);
  const numbers = [
    // Every process reads the same rollouts.
    { name: 'RolloutsActive', kind: 'level', combination: 'max', read: () => active().length },
    { name: 'RolloutsHeld', kind: 'level', combination: 'max', read: () => held().length },
    { name: 'RolloutHardFailures', kind: 'total', read: failures },
  ] as const;
  return publishNumbers(publisher, SERVICE, numbers, onError);
}

/** A promotion that the gates reject is held. */
function decisionOf(
  { decision: held }: RunningRollout['state'],
  verdict: RunningRollout['verdict'],
): string | undefined {
  return held === 'hold' && verdict?.decision === 'promote' ? held : verdict?.decision;
}
