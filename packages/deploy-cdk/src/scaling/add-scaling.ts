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

/** Adds the policies that change the number of hosts. */
export function addScaling(scope: Construct, options: ScalingOptions, target: ScalingTarget): void {
  const { schedule = [], predictive } = options;
  const { group, warmUpSeconds, balancer } = target;
  const { listener } = balancer;
  const policy = new CfnScalingPolicy(scope, 'TargetTracking', {
    autoScalingGroupName: group,
    policyType: 'TargetTrackingScaling',
    estimatedInstanceWarmup: warmUpSeconds,
    targetTrackingConfiguration: trackedMetric(options, balancer, 'ASGAverageCPUUtilization'),
  });
  // Metrics of requests per host exist once the listener sends requests to the group.
  policy.node.addDependency(listener);
  for (const [i, { cron, timeZone = 'Etc/UTC', min, max }] of schedule.entries()) {
    new CfnScheduledAction(scope, `Schedule${i}`, {
      autoScalingGroupName: group,
      ...{ recurrence: cron, timeZone, minSize: min },
      ...(max !== undefined && { maxSize: max }),
    });
  }
  if (predictive === undefined) return;
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    autoScalingGroupName: group,
    policyType: 'PredictiveScaling',
    predictiveScalingConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  forecast.node.addDependency(listener);
}
