import type { Balancer } from '../balancing/balancer.ts';

/** Share of the processor time above which hosts or tasks are added when their rate isn't known. */
export const PROCESSOR_PERCENT = 60;

/** Label of the metric of requests per target: load balancer and target group of HTTP. */
export function resourceLabel({ loadBalancer, targetGroup }: Balancer): string {
  return `${loadBalancer.loadBalancerFullName}/${targetGroup.targetGroupFullName}`;
}

/** Target value of that metric, which counts by the minute. */
export function requestsPerMinute(requestsPerSecond = 0): number {
  return Math.round(requestsPerSecond * 60);
}
