import {
  dimensions,
  fiveMinutes,
  isAbove,
  type Definition,
  type Dimensions,
} from './alarm-parts.ts';
import type { ResolvedWatching } from './watching-options.ts';

/** Load balancer in front of hosts or tasks, as CloudWatch names it. */
export interface WatchedBalancer {
  /** `loadBalancerFullName` of the load balancer. Example: `app/shop/50dc6c495c0c9188`. */
  readonly loadBalancer: string;
  /** `targetGroupFullName` of the target group. Example: `targetgroup/shop/73e2d6bc24d8a067`. */
  readonly targetGroup: string;
  /** `targetGroupFullName` of the target group of gRPC. Example: `targetgroup/shop-grpc/8f3a0c1d2e4b5a69`. @defaultValue none */
  readonly grpcTargetGroup?: string | undefined;
  /** ARNs of the certificates of its listeners in ACM. Example: `['arn:aws:acm:eu-central-1:111122223333:certificate/1234']`. @defaultValue none */
  readonly certificates?: readonly string[];
}

/**
 * Returns the alarms of a load balancer: of its targets by HTTP and gRPC, and of its certificates.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function balancerAlarms(
  { loadBalancer, targetGroup, grpcTargetGroup, certificates = [] }: WatchedBalancer,
  { failureShare, latencyMs, certificateDays }: ResolvedWatching,
): readonly Definition[] {
  const ofTargets = dimensionsOf(loadBalancer, targetGroup);
  const query = (id: string, metricName: string) => ({
    id,
    metricStat: {
      metric: { namespace: 'AWS/ApplicationELB', metricName, dimensions: ofTargets },
      period: 60,
      stat: 'Sum',
    },
    returnData: false,
  });
  return [
    {
      id: 'failures',
      props: {
        alarmDescription: `More than ${Number((failureShare * 100).toPrecision(3))} % of the requests get 5xx from the hosts.`,
        metrics: [
          query('failed', 'HTTPCode_Target_5XX_Count'),
          query('requests', 'RequestCount'),
          {
            id: 'share',
            // Without failures there is no such metric.
            expression: 'FILL(failed, 0) / requests',
            label: 'Share of failed requests',
            returnData: true,
          },
        ],
        ...{ evaluationPeriods: 5, datapointsToAlarm: 3, threshold: failureShare, ...isAbove },
      },
    },
    { id: 'latency', props: latency('requests', ofTargets, latencyMs) },
    ...(grpcTargetGroup === undefined
      ? []
      : grpcAlarms(loadBalancer, dimensionsOf(loadBalancer, grpcTargetGroup), latencyMs)),
    ...certificates.map((arn, index) => ({
      id: index === 0 ? 'balancer-certificate' : `balancer-certificate-${index + 1}`,
      props: {
        alarmDescription: `A certificate of the load balancer ends within ${certificateDays} days: its renewal has failed.`,
        ...{
          namespace: 'AWS/CertificateManager',
          metricName: 'DaysToExpiry',
          statistic: 'Minimum',
        },
        dimensions: dimensions({ CertificateArn: arn }),
        ...{ period: 86_400, evaluationPeriods: 1, datapointsToAlarm: 1 },
        threshold: certificateDays,
        comparisonOperator: 'LessThanThreshold',
        treatMissingData: 'missing',
      },
    })),
  ];
}

/**
 * Alarms of the target group of gRPC. Its answers have status 200 also when they fail: the failures of its predictions are in the metrics of the
 * models.
 */
function grpcAlarms(
  loadBalancer: string,
  ofTargets: Dimensions,
  latencyMs: number,
): readonly Definition[] {
  return [
    {
      id: 'grpc-unhealthy-hosts',
      props: {
        alarmDescription: `A host behind ${loadBalancer} is unhealthy for gRPC.`,
        ...{ namespace: 'AWS/ApplicationELB', metricName: 'UnHealthyHostCount' },
        ...{ dimensions: [...ofTargets], statistic: 'Maximum' },
        ...{ ...fiveMinutes, threshold: 0, ...isAbove },
      },
    },
    { id: 'grpc-latency', props: latency('requests by gRPC', ofTargets, latencyMs) },
  ];
}

function latency(requests: string, ofTargets: Dimensions, latencyMs: number): Definition['props'] {
  return {
    alarmDescription: `1 % of the ${requests} take the hosts more than ${latencyMs} ms.`,
    ...{ namespace: 'AWS/ApplicationELB', metricName: 'TargetResponseTime' },
    dimensions: [...ofTargets],
    extendedStatistic: 'p99',
    evaluateLowSampleCountPercentile: 'ignore',
    ...{ ...fiveMinutes, threshold: latencyMs / 1000, ...isAbove },
  };
}

function dimensionsOf(loadBalancer: string, targetGroup: string) {
  return dimensions({ LoadBalancer: loadBalancer, TargetGroup: targetGroup });
}
