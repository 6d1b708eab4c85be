import { CfnScalingPolicy, CfnScheduledAction } from 'aws-cdk-lib/aws-autoscaling';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { requestForecast, trackedMetric } from './request-metric.ts';
import type { ScalingOptions } from './scaling-options.ts';

/** Group of the hosts and what changes its size. */
export interface ScalingTarget {
  /** Reference to the Auto Scaling group, so that CloudFormation creates policies and scheduled actions after it. */
  readonly group: string;
  readonly balancer: Balancer;
  /** Seconds until a new host counts. */
  readonly warmUpSeconds: number;
}

/** Policies and scheduled actions of an Auto Scaling group. */
export interface HostScaling {
  /** Policy that follows the requests of each host, or the processor time. Example: `hosts.scaling.targetTracking.estimatedInstanceWarmup = '90'` */
  readonly targetTracking: CfnScalingPolicy;
  /** Forecast; `undefined` without `predictive`. Example: `hosts.scaling.predictive?.ref` */
  readonly predictive: CfnScalingPolicy | undefined;
  /** Actions of `schedule`, in its order. Example: `hosts.scaling.schedule[0]?.ref` */
  readonly schedule: readonly CfnScheduledAction[];
}

/** Adds the policies that change the number of hosts. */
export function addScaling(
  scope: Construct,
  options: ScalingOptions,
  target: ScalingTarget,
): HostScaling {
  const { schedule = [], predictive } = options;
  const { group, warmUpSeconds, balancer } = target;
  const { listener } = balancer;
  const targetTracking = new CfnScalingPolicy(scope, 'TargetTracking', {
    autoScalingGroupName: group,
    policyType: 'TargetTrackingScaling',
    estimatedInstanceWarmup: warmUpSeconds,
    targetTrackingConfiguration: trackedMetric(options, balancer, 'ASGAverageCPUUtilization'),
  });
  // Metrics of requests per host exist once the listener sends requests to the group.
  targetTracking.node.addDependency(listener);
  const actions = schedule.map(
    ({ cron, timeZone = 'Etc/UTC', min, max }, i) =>
      new CfnScheduledAction(scope, `Schedule${i}`, {
        autoScalingGroupName: group,
        ...{ recurrence: cron, timeZone, minSize: min },
        ...(max !== undefined && { maxSize: max }),
      }),
  );
  if (predictive === undefined) {
    return { targetTracking, predictive: undefined, schedule: actions };
  }
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    autoScalingGroupName: group,
    policyType: 'PredictiveScaling',
    predictiveScalingConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  forecast.node.addDependency(listener);
  return { targetTracking, predictive: forecast, schedule: actions };
}
