import { CfnScalingPolicy, CfnScheduledAction } from 'aws-cdk-lib/aws-autoscaling';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { PROCESSOR_PERCENT, requestsPerMinute, resourceLabel } from './request-metric.ts';
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
  const { requestsPerSecond, schedule = [], predictive } = options;
  const { group, warmUpSeconds, balancer } = target;
  const { listener } = balancer;
  const label = resourceLabel(balancer);
  const perMinute = requestsPerMinute(requestsPerSecond);
  const policy = new CfnScalingPolicy(scope, 'TargetTracking', {
    autoScalingGroupName: group,
    policyType: 'TargetTrackingScaling',
    estimatedInstanceWarmup: warmUpSeconds,
    targetTrackingConfiguration:
      requestsPerSecond === undefined
        ? {
            predefinedMetricSpecification: { predefinedMetricType: 'ASGAverageCPUUtilization' },
            targetValue: PROCESSOR_PERCENT,
          }
        : {
            predefinedMetricSpecification: {
              predefinedMetricType: 'ALBRequestCountPerTarget',
              resourceLabel: label,
            },
            targetValue: perMinute,
          },
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
    predictiveScalingConfiguration: {
      mode: predictive === 'scale' ? 'ForecastAndScale' : 'ForecastOnly',
      schedulingBufferTime: warmUpSeconds,
      metricSpecifications: [
        {
          targetValue: perMinute,
          predefinedMetricPairSpecification: {
            predefinedMetricType: 'ALBRequestCount',
            resourceLabel: label,
          },
        },
      ],
    },
  });
  forecast.node.addDependency(listener);
}
