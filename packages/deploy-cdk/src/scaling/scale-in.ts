import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { targetMetric, type TrackedLoad } from './request-metric.ts';

/** Minutes in a row in which fewer hosts or tasks would have been enough. */
const MINUTES = 15;
/** Share of the target that those which remain may have had: none is added again before the traffic grows by more than a tenth. */
const TARGET_SHARE = 0.9;

/**
 * Removes a tenth of the hosts or tasks, rounded down, one of them at least, and none for five minutes after it, so that the next decision sees the load of
 * those that remain.
 */
export const scaleInStep = { percent: -10, atLeast: 1, cooldownSeconds: 300 } as const;

/**
 * Adds the alarm that removes hosts or tasks in place of target tracking, which removes them below 90 % of its target, and by a number that AWS doesn't
 * publish: of ten hosts at 89 %, nine would have 99 %, and the next small rise would add one again.
 *
 * @param scope Hosts, or the service of tasks.
 * @param load Load that target tracking follows.
 * @param balancer Load balancer, which counts hosts or tasks that are healthy.
 * @param policy ARN of the policy by {@link scaleInStep}.
 */
export function addScaleInAlarm(
  scope: Construct,
  load: TrackedLoad,
  balancer: Balancer,
  policy: string,
): CfnAlarm {
  const { metric, stat, targetValue, missingIsZero } = load;
  const each = missingIsZero ? 'FILL(load, 0)' : 'load';
  const query = (id: string, queried: CfnAlarm.MetricProperty, statistic: string) => ({
    ...{ id, metricStat: { metric: queried, period: 60, stat: statistic }, returnData: false },
  });
  const alarm = new CfnAlarm(scope, 'ScaleIn', {
    alarmDescription: `Normal when the traffic is low: in each of ${MINUTES} minutes, fewer targets would have had less than ${100 * TARGET_SHARE} % of the load at which they are added.`,
    metrics: [
      query('load', metric, stat),
      query('targets', targetMetric('HealthyHostCount', balancer), 'Minimum'),
      {
        id: 'spare',
        label: 'Load that the targets which remain could still take',
        expression: `IF(targets > 10, targets * 0.9, targets - 1) * ${round(TARGET_SHARE * targetValue)} - targets * ${each}`,
        returnData: true,
      },
    ],
    threshold: 0,
    comparisonOperator: 'GreaterThanThreshold',
    ...{ evaluationPeriods: MINUTES, datapointsToAlarm: MINUTES },
    treatMissingData: 'notBreaching',
    alarmActions: [policy],
  });
  // Metrics of targets exist once the listener sends requests to them.
  alarm.node.addDependency(balancer.listener);
  return alarm;
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
