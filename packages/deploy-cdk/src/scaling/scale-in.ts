import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import type { ScalingOptions } from './scaling-options.ts';
import { perMinute, PROCESSOR_PERCENT, targetMetric } from './tracked-load.ts';

/** Minutes in a row in which fewer hosts or tasks would have been enough. */
const MINUTES = 15;
/** Share of the target that those which remain may have had: none is added again before the traffic grows by more than a tenth. */
const TARGET_SHARE = 0.9;
/** Processor time, in percent, that those which remain may have had regardless of their requests, which may be larger than those that were measured. */
const MAX_PROCESSOR_PERCENT = 80;

/**
 * Removes a tenth of the hosts or tasks, rounded down, one of them at least, and none for five minutes after it, so that the next decision sees the load of
 * those that remain.
 */
export const scaleInStep = { percent: -10, atLeast: 1, cooldownSeconds: 300 } as const;

/** Metrics of hosts or tasks, every minute. */
export interface ScaledGroup {
  /** How many take requests. */
  readonly count: CfnAlarm.MetricProperty;
  /** Mean processor time, in percent. */
  readonly processorTime: CfnAlarm.MetricProperty;
}

/**
 * Adds the alarm that removes hosts or tasks in place of target tracking, which removes them below 90 % of its target, and by a number that AWS doesn't
 * publish: of ten hosts at 89 %, nine would have 99 %, and the next small rise would add one again.
 *
 * A minute without requests may have no metric of them, so that a missing one counts as none: the processor time prevents a removal when only the metric
 * is missing. None is removed while a target is unhealthy, which may be among those that remain.
 *
 * @param scope Hosts, or the service of tasks.
 * @param policy ARN of the policy by {@link scaleInStep}.
 */
export function addScaleInAlarm(
  scope: Construct,
  { requestsPerSecond }: ScalingOptions,
  group: ScaledGroup,
  balancer: Balancer,
  policy: string,
): CfnAlarm {
  const { targetGroup, grpcTargetGroup } = balancer;
  const metric = (id: string, queried: CfnAlarm.MetricProperty, stat: string) => ({
    ...{ id, metricStat: { metric: queried, period: 60, stat }, returnData: false },
  });
  const term = (id: string, expression: string) => ({ id, expression, returnData: false });
  const requests = (id: string, counted: typeof targetGroup) =>
    metric(id, targetMetric('RequestCount', balancer, counted), 'Sum');
  const unhealthy = (id: string, counted: typeof targetGroup) =>
    metric(id, targetMetric('UnHealthyHostCount', balancer, counted), 'Maximum');
  const isMeasured = requestsPerSecond !== undefined;
  const maxProcessor = isMeasured ? MAX_PROCESSOR_PERCENT : TARGET_SHARE * PROCESSOR_PERCENT;
  const maxRequests = TARGET_SHARE * perMinute(requestsPerSecond ?? 0);
  const sum = `FILL(http, 0)${grpcTargetGroup ? ' + FILL(grpc, 0)' : ''}`;
  const conditions = [
    ...['idle > 0', 'unhealthy < 1'],
    ...(grpcTargetGroup ? ['grpc_unhealthy < 1'] : []),
    ...(isMeasured ? ['spare > 0'] : []),
  ];
  const alarm = new CfnAlarm(scope, 'ScaleIn', {
    alarmDescription: `With a tenth fewer, at least one, those that remain would have had less than ${100 * TARGET_SHARE} % of their target load in each of ${MINUTES} minutes. This alarm removes hosts or tasks, and is normal at low traffic.`,
    metrics: [
      metric('count', group.count, 'Minimum'),
      metric('processor', group.processorTime, 'Average'),
      unhealthy('unhealthy', targetGroup),
      ...(grpcTargetGroup ? [unhealthy('grpc_unhealthy', grpcTargetGroup)] : []),
      ...(isMeasured ? [requests('http', targetGroup)] : []),
      ...(isMeasured && grpcTargetGroup ? [requests('grpc', grpcTargetGroup)] : []),
      term('remaining', 'count - IF(count > 10, FLOOR(count / 10), 1)'),
      term('idle', `remaining * ${round(maxProcessor)} - count * processor`),
      ...(isMeasured ? [term('spare', `remaining * ${round(maxRequests)} - (${sum})`)] : []),
      {
        id: 'fewer',
        label: 'Fewer are enough',
        expression: `IF(${conditions.join(' AND ')}, 1, 0)`,
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
