import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { JobQueues, Watching } from '@fairlead/deploy-cdk';

import { readable } from '../support/statements.ts';
import { storedDeployment } from '../support/stored-deployment.ts';

const certificate =
  'arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012';
const balancer = 'app/shop/50dc6c495c0c9188';
const targets = 'targetgroup/shop/73e2d6bc24d8a067';
const ofTargets = { LoadBalancer: balancer, TargetGroup: targets };
const grpcTargets = 'targetgroup/shop-grpc/8f3a0c1d2e4b5a69';
const ofGrpcTargets = { LoadBalancer: balancer, TargetGroup: grpcTargets };
const deadLetters = '<QueueDeadLettersshopjobs.QueueName>';

/** An alarm of one metric that has a name, dimensions and a condition. */
const single = (
  metric: string,
  dimensions: Record<string, string>,
  condition: string,
  others = '',
) =>
  `${metric} of ${Object.entries(dimensions)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}: ${condition}${others}`;

const group = { AutoScalingGroupName: 'shop-hosts' };
const minutes = 'in 5 of 5 × 60 s';
const day = 'in 1 of 1 × 86400 s';

/** Every alarm, by the end of its name: namespace, metric, statistic, dimensions, threshold, periods and what missing data is. */
const expected = {
  'churn-failures': single(
    'Shop Failures Average',
    { service: 'fairlead-gateway', model: 'churn' },
    `> 0.05 ${minutes}, notBreaching`,
  ),
  'churn-latency': single(
    'Shop Latency p99',
    { service: 'fairlead-gateway', model: 'churn' },
    `> 1000 ${minutes}, notBreaching`,
    ', few samples ignore',
  ),
  memory: single('Fairlead/Host mem_used_percent Maximum', group, `> 90 ${minutes}, missing`),
  disk: single('Fairlead/Host disk_used_percent Maximum', group, `> 85 ${minutes}, missing`),
  certificate: single(
    'Fairlead/Host certificate_days_left Minimum',
    group,
    `< 21 ${day}, breaching`,
  ),
  heartbeat: single(
    'Fairlead/Host mem_used_percent SampleCount',
    group,
    `< 1 ${minutes}, breaching`,
  ),
  'unhealthy-hosts': single(
    'AWS/ApplicationELB UnHealthyHostCount Maximum',
    ofTargets,
    `> 0 ${minutes}, notBreaching`,
  ),
  'balancer-failures': single(
    'AWS/ApplicationELB HTTPCode_ELB_5XX_Count Sum',
    { LoadBalancer: balancer },
    `> 5 ${minutes}, notBreaching`,
  ),
  failures: [
    single('failed = AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum', ofTargets, '× 60 s'),
    single('requests = AWS/ApplicationELB RequestCount Sum', ofTargets, '× 60 s'),
    'share = FILL(failed, 0) / requests: > 0.05 in 3 of 5, notBreaching',
  ].join('; '),
  latency: single(
    'AWS/ApplicationELB TargetResponseTime p99',
    ofTargets,
    `> 1 ${minutes}, notBreaching`,
    ', few samples ignore',
  ),
  'grpc-unhealthy-hosts': single(
    'AWS/ApplicationELB UnHealthyHostCount Maximum',
    ofGrpcTargets,
    `> 0 ${minutes}, notBreaching`,
  ),
  'grpc-latency': single(
    'AWS/ApplicationELB TargetResponseTime p99',
    ofGrpcTargets,
    `> 1 ${minutes}, notBreaching`,
    ', few samples ignore',
  ),
  'balancer-certificate': single(
    'AWS/CertificateManager DaysToExpiry Minimum',
    { CertificateArn: certificate },
    `< 21 ${day}, missing`,
  ),
  'shop-jobs-depth': single(
    'AWS/SQS ApproximateNumberOfMessagesVisible Maximum',
    { QueueName: 'shop-jobs' },
    `> 800 ${minutes}, notBreaching`,
  ),
  'shop-jobs-wait': single(
    'AWS/SQS ApproximateAgeOfOldestMessage Maximum',
    { QueueName: 'shop-jobs' },
    `> 900 ${minutes}, notBreaching`,
  ),
  'shop-jobs-dead-letters': single(
    'AWS/SQS ApproximateNumberOfMessagesVisible Maximum',
    { QueueName: deadLetters },
    '> 0 in 1 of 1 × 60 s, notBreaching',
  ),
  drift: single(
    'Shop DriftedFeatures Maximum',
    { service: 'fairlead-gateway' },
    '> 0 in 1 of 1 × 300 s, ignore',
  ),
};

interface Metric {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends Metric {
  readonly AlarmName: string;
  readonly AlarmDescription?: unknown;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly EvaluateLowSampleCountPercentile?: string;
  readonly Period?: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly ActionsEnabled?: boolean;
  readonly AlarmActions?: unknown;
  readonly OKActions?: unknown;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly ReturnData?: boolean;
    readonly MetricStat?: {
      readonly Metric: Metric;
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

describe('each alarm', () => {
  const deployment = storedDeployment(
    { FAIRLEAD_MODELS: 'churn' },
    {
      nginx: {
        listen: {
          ...{ scheme: 'https', names: ['models.example.com'] },
          certificateFile: '/etc/shop/fullchain.pem',
          certificateKeyFile: '/etc/shop/privkey.pem',
        },
      },
    },
  );
  const stack = new Stack(new App(), 'Shop');
  const queues = new JobQueues(stack, 'Queue', { deployment });
  new Watching(stack, 'Watching', {
    ...{ deployment, queues, autoScalingGroup: 'shop-hosts' },
    balancer: {
      ...{ loadBalancer: balancer, targetGroup: targets, grpcTargetGroup: grpcTargets },
      certificates: [certificate],
    },
  });
  const template = Template.fromStack(stack);
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
    (resource) => (resource as { Properties: AlarmProperties }).Properties,
  );

  it('has its namespace, metric, statistic, period, datapoints, threshold and missing data', () => {
    const found = alarms.map((alarm) => [alarm.AlarmName.replace('shop-', ''), textOf(alarm)]);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(alarms).toHaveLength(Object.keys(expected).length);
  });

  it('is sent to the topic when it begins and when it ends, with a description', () => {
    for (const { AlarmActions, OKActions, ActionsEnabled, AlarmDescription } of alarms) {
      expect(readable(AlarmActions)).toBe('[<WatchingNoticesTopic>]');
      expect(readable(OKActions)).toBe('[<WatchingNoticesTopic>]');
      expect(ActionsEnabled).toBeUndefined();
      expect(readable(AlarmDescription)).toMatch(/\.$/);
    }
  });

  it('of a rollout is sent to the topic too', () => {
    const [composite] = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
    const { AlarmActions, OKActions } = (composite as { Properties: AlarmProperties }).Properties;
    expect([AlarmActions, OKActions].map(readable)).toEqual([
      '[<WatchingNoticesTopic>]',
      '[<WatchingNoticesTopic>]',
    ]);
    const { AlarmRule } = (composite as { Properties: { AlarmRule: unknown } }).Properties;
    for (const id of ['grpc-unhealthy-hosts', 'grpc-latency', 'unhealthy-hosts', 'latency']) {
      expect(readable(AlarmRule)).toContain(`<WatchingAlarm${id.replaceAll('-', '')}.Arn>`);
    }
  });
});

function textOf(alarm: AlarmProperties): string {
  const { ComparisonOperator, Threshold, DatapointsToAlarm, EvaluationPeriods } = alarm;
  const operators: Record<string, string> = {
    GreaterThanThreshold: '>',
    LessThanThreshold: '<',
  };
  const limit = `${operators[ComparisonOperator] ?? ComparisonOperator} ${Threshold} in ${DatapointsToAlarm} of ${EvaluationPeriods}`;
  if (alarm.Metrics !== undefined) {
    const metrics = alarm.Metrics.map(({ Id, Expression, ReturnData, MetricStat: each }) => {
      if (each !== undefined && ReturnData === false) {
        return `${Id} = ${metricText(each.Metric, each.Stat)}: × ${each.Period} s`;
      }
      return `${Id} = ${Expression ?? 'no expression'}`;
    });
    return `${metrics.join('; ')}: ${limit}, ${alarm.TreatMissingData}`;
  }
  const { Period = 0, EvaluateLowSampleCountPercentile: few } = alarm;
  const statistic = [alarm.Statistic, alarm.ExtendedStatistic].filter((each) => each !== undefined);
  return `${metricText(alarm, statistic.join(' '))}: ${limit} × ${Period} s, ${alarm.TreatMissingData}${few === undefined ? '' : `, few samples ${few}`}`;
}

function metricText({ Namespace, MetricName, Dimensions = [] }: Metric, statistic: string): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name} ${readable(Value)}`);
  return `${Namespace} ${MetricName} ${statistic} of ${dimensions.join(', ')}`;
}
