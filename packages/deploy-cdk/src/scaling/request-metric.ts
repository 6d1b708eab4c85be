import type { Balancer } from '../balancing/balancer.ts';
import type { ScalingOptions } from './scaling-options.ts';

/** Share of the processor time, in percent, above which hosts or tasks are added when their rate isn't known. */
const PROCESSOR_PERCENT = 60;

/**
 * Metric that the number of hosts or tasks follows, with its target value: requests per target and minute, or the processor time when their rate isn't known.
 *
 * @param processorMetric Predefined metric of the processor time.
 */
export function trackedMetric(
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
  return {
    predefinedMetricSpecification: {
      predefinedMetricType: 'ALBRequestCountPerTarget',
      resourceLabel: resourceLabel(balancer),
    },
    targetValue: perMinute(requestsPerSecond),
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
