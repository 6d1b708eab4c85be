import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';

import type { Balancer } from '../balancing/balancer.ts';
import { dimensions } from '../watching/alarm-parts.ts';
import type { ScalingOptions } from './scaling-options.ts';

/** Share of the processor time, in percent, above which hosts or tasks are added when their rate isn't known. */
export const PROCESSOR_PERCENT = 60;

/**
 * Returns the metric that target tracking follows, with its target value: requests per target and minute, of HTTP and gRPC, or the processor time when their
 * rate isn't known.
 *
 * @param processorMetric Predefined metric of the processor time.
 */
export function trackedLoad(
  { requestsPerSecond }: ScalingOptions,
  balancer: Balancer,
  processorMetric: string,
) {
  if (requestsPerSecond === undefined) {
    return {
      predefinedMetricSpecification: { predefinedMetricType: processorMetric },
      targetValue: PROCESSOR_PERCENT,
    };
  }
  const targetValue = perMinute(requestsPerSecond);
  const { grpcTargetGroup } = balancer;
  if (grpcTargetGroup === undefined) {
    return {
      predefinedMetricSpecification: {
        predefinedMetricType: 'ALBRequestCountPerTarget',
        resourceLabel: resourceLabel(balancer),
      },
      targetValue,
    };
  }
  const perTarget = (id: string, group: ApplicationTargetGroup) => ({
    id,
    metricStat: {
      metric: targetMetric('RequestCountPerTarget', balancer, group),
      stat: 'Sum',
    },
    returnData: false,
  });
  return {
    customizedMetricSpecification: {
      metrics: [
        perTarget('http', balancer.targetGroup),
        perTarget('grpc', grpcTargetGroup),
        {
          id: 'load',
          label: 'Requests per target',
          expression: 'FILL(http, 0) + FILL(grpc, 0)',
          returnData: true,
        },
      ],
    },
    targetValue,
  };
}

/**
 * Returns a metric of a target group.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function targetMetric(
  metricName: string,
  { loadBalancer }: Balancer,
  group: ApplicationTargetGroup,
): CfnAlarm.MetricProperty & { readonly namespace: string; readonly metricName: string } {
  return {
    ...{ namespace: 'AWS/ApplicationELB', metricName },
    dimensions: dimensions({
      LoadBalancer: loadBalancer.loadBalancerFullName,
      TargetGroup: group.targetGroupFullName,
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
export function perMinute(requestsPerSecond: number): number {
  return Math.round(requestsPerSecond * 60);
}
