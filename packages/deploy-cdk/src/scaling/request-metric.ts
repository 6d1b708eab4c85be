import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';

import type { Balancer } from '../balancing/balancer.ts';
import { dimensions } from '../watching/alarm-parts.ts';
import type { ScalingOptions } from './scaling-options.ts';

/** Share of the processor time, in percent, above which hosts or tasks are added when their rate isn't known. */
const PROCESSOR_PERCENT = 60;

/** Load of each host or task, above whose target value target tracking adds others. */
export interface TrackedLoad {
  /** Name of the metric for target tracking, which is the same as `metric`. */
  readonly predefined: {
    readonly predefinedMetricType: string;
    readonly resourceLabel?: string;
  };
  readonly metric: CfnAlarm.MetricProperty;
  readonly stat: 'Average' | 'Sum';
  readonly targetValue: number;
  /** CloudWatch has no value for a minute without requests. */
  readonly missingIsZero: boolean;
}

/**
 * Returns the load that the number of hosts or tasks follows: requests per target and minute, or the processor time when their rate isn't known.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 *
 * @param processorTime Metric of the processor time every minute.
 */
export function trackedLoad(
  { requestsPerSecond }: ScalingOptions,
  balancer: Balancer,
  processorTime: Pick<TrackedLoad, 'predefined' | 'metric'>,
): TrackedLoad {
  if (requestsPerSecond === undefined) {
    return {
      ...{ ...processorTime, stat: 'Average', targetValue: PROCESSOR_PERCENT },
      missingIsZero: false,
    };
  }
  return {
    predefined: {
      predefinedMetricType: 'ALBRequestCountPerTarget',
      resourceLabel: resourceLabel(balancer),
    },
    metric: targetMetric('RequestCountPerTarget', balancer),
    ...{ stat: 'Sum', targetValue: perMinute(requestsPerSecond), missingIsZero: true },
  };
}

/** Returns a metric of the target group of HTTP. */
export function targetMetric(
  metricName: string,
  { loadBalancer, targetGroup }: Balancer,
): CfnAlarm.MetricProperty {
  return {
    ...{ namespace: 'AWS/ApplicationELB', metricName },
    dimensions: dimensions({
      LoadBalancer: loadBalancer.loadBalancerFullName,
      TargetGroup: targetGroup.targetGroupFullName,
    }),
  };
}

/**
 * Configuration of predictive scaling by the requests of the load balancer.
 *
 * @param warmUpSeconds Seconds until a new host or task counts.
 */
export function requestForecast(
  { predictive, requestsPerSecond = 0 }: ScalingOptions,
  balancer: Balancer,
  warmUpSeconds: number,
) {
  return {
    mode: predictive === 'scale' ? 'ForecastAndScale' : 'ForecastOnly',
    schedulingBufferTime: warmUpSeconds,
    metricSpecifications: [
      {
        targetValue: perMinute(requestsPerSecond),
        predefinedMetricPairSpecification: {
          predefinedMetricType: 'ALBRequestCount',
          resourceLabel: resourceLabel(balancer),
        },
      },
    ],
  };
}

/** Label of the metric of requests per target: load balancer and target group of HTTP. */
function resourceLabel({ loadBalancer, targetGroup }: Balancer): string {
  return `${loadBalancer.loadBalancerFullName}/${targetGroup.targetGroupFullName}`;
}

/** Target value of metrics that count requests by the minute. */
function perMinute(requestsPerSecond: number): number {
  return Math.round(requestsPerSecond * 60);
}
