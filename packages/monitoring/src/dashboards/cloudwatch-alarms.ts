import { checkOptions, rejectOption } from '../check-options.ts';
import { modelDimension } from '../cloudwatch/model-dimension.ts';
import type { OptionNames } from '../options-problem.ts';
import { checkList, type CloudWatchSource, checkSource, checkTexts } from './cloudwatch-source.ts';

/** Hosts whose memory, disk and certificate the CloudWatch agent measures. */
export interface AlarmHosts {
  /**
   * Namespace of the agent: `cloudWatch.namespace` of the deployment.
   * @defaultValue 'Fairlead/Host'
   */
  readonly namespace?: string;
  /** Name of the Auto Scaling group of the hosts. */
  readonly autoScalingGroup?: string;
  /** Instance ids of hosts without such a group. */
  readonly instances?: readonly string[];
}

/** Application Load Balancer in front of the hosts, as CloudWatch names it. */
export interface AlarmLoadBalancer {
  /** End of its ARN: `app/shop/50dc6c495c0c9188`. */
  readonly loadBalancer: string;
  /** End of the ARN of its target group: `targetgroup/shop/73e2d6bc24d8a067`. */
  readonly targetGroup: string;
}

/** Options of {@link cloudWatchAlarms}. */
export interface CloudWatchAlarmsOptions extends CloudWatchSource {
  /** Names of models; each gets two alarms. */
  readonly models: readonly string[];
  /** Beginning of the names of the alarms. @defaultValue 'fairlead' */
  readonly prefix?: string;
  /** ARNs that are notified at the beginning and the end of an alarm, such as those of SNS topics. @defaultValue none */
  readonly actions?: readonly string[];
  /** Share of failed requests. @defaultValue 0.05 */
  readonly failureShare?: number;
  /** 99th percentile of the latency, in milliseconds. @defaultValue 1000 */
  readonly latencyMs?: number;
  readonly hosts?: AlarmHosts;
  readonly loadBalancer?: AlarmLoadBalancer;
}

/** Alarm as `PutMetricAlarmCommand` of `@aws-sdk/client-cloudwatch` takes it. */
export interface CloudWatchAlarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: { Name: string; Value: string }[];
  readonly Statistic?: 'Average' | 'Maximum' | 'Minimum' | 'Sum';
  readonly ExtendedStatistic?: string;
  readonly EvaluateLowSampleCountPercentile?: 'ignore';
  /** In seconds. */
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly TreatMissingData: 'notBreaching' | 'breaching' | 'missing';
  readonly AlarmActions: string[];
  readonly OKActions: string[];
}

const optionNames: OptionNames<CloudWatchAlarmsOptions> = {
  namespace: 'required',
  service: 'optional',
  models: 'required',
  prefix: 'optional',
  actions: 'optional',
  failureShare: 'optional',
  latencyMs: 'optional',
  hosts: 'optional',
  loadBalancer: 'optional',
};
const hostNames: OptionNames<AlarmHosts> = {
  namespace: 'optional',
  autoScalingGroup: 'optional',
  instances: 'optional',
};
const balancerNames: OptionNames<AlarmLoadBalancer> = {
  loadBalancer: 'required',
  targetGroup: 'required',
};

/**
 * Returns alarms of CloudWatch: failures and latency of each model, and memory, disk and certificate of hosts, and unhealthy
 * hosts behind a load balancer where they are given.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 *
 * @throws `MonitoringError` with `ERR_MONITORING_INVALID_OPTION`.
 *
 * @example
 * ```ts
 * import { cloudWatchAlarms } from '@fairlead/monitoring/dashboards';
 *
 * const alarms = cloudWatchAlarms({ namespace: 'Shop', models: ['churn'], hosts: { instances: ['i-0abc'] } });
 * console.log(alarms.map(({ AlarmName }) => AlarmName).slice(0, 2)); // [ 'fairlead-churn-failures', 'fairlead-churn-latency' ]
 * // for (const alarm of alarms) await client.send(new PutMetricAlarmCommand(alarm));
 * ```
 */
export function cloudWatchAlarms(options: CloudWatchAlarmsOptions): readonly CloudWatchAlarm[] {
  const {
    models,
    prefix = 'fairlead',
    actions = [],
    hosts,
    loadBalancer,
    ...rest
  } = checkOptions('cloudWatchAlarms', options, optionNames);
  const { failureShare = 0.05, latencyMs = 1000, ...source } = rest;
  const { namespace, service } = checkSource(source);
  checkTexts('actions', actions);
  checkTexts('prefix', [prefix]);
  checkLimit('failureShare', failureShare);
  checkLimit('latencyMs', latencyMs);
  // Models whose names have the same ASCII form share a metric.
  const dimensions = new Map(
    checkList<unknown>('models', models).map((model) =>
      typeof model === 'string'
        ? [modelDimension(model), model]
        : rejectOption('models', 'a list of texts', models),
    ),
  );
  checkTexts('models', [...dimensions.keys()]);
  const alarm = (name: string, definition: Definition): CloudWatchAlarm => ({
    AlarmName: `${prefix}-${name}`,
    ...common,
    ...definition,
    AlarmActions: [...actions],
    OKActions: [...actions],
  });
  return [
    ...[...dimensions].flatMap(([name, model]) => {
      const metric = { Namespace: namespace, Dimensions: dimensionList({ service, model: name }) };
      return [
        alarm(`${name}-failures`, { ...metric, ...failures(model, failureShare) }),
        alarm(`${name}-latency`, { ...metric, ...latency(model, latencyMs) }),
      ];
    }),
    ...(hosts === undefined ? [] : hostAlarms(hosts, alarm)),
    ...(loadBalancer === undefined ? [] : balancerAlarms(loadBalancer, alarm)),
  ];
}

type Definition = Pick<
  CloudWatchAlarm,
  'AlarmDescription' | 'Namespace' | 'MetricName' | 'Dimensions' | 'Threshold'
> &
  Partial<CloudWatchAlarm>;
type CreateAlarm = (name: string, definition: Definition) => CloudWatchAlarm;

const common = {
  Period: 60,
  EvaluationPeriods: 5,
  DatapointsToAlarm: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  // Without requests there is nothing wrong.
  TreatMissingData: 'notBreaching',
} as const;

function failures(model: string, share: number) {
  return {
    AlarmDescription: `More than ${percent(share)} of the requests of ${model} fail.`,
    MetricName: 'Failures',
    Statistic: 'Average',
    Threshold: share,
  } as const;
}

function latency(model: string, limitMs: number) {
  return {
    AlarmDescription: `1 % of the successful requests of ${model} take more than ${limitMs} ms.`,
    MetricName: 'Latency',
    ExtendedStatistic: 'p99',
    // Of a few requests, the slowest would be the 99th percentile.
    EvaluateLowSampleCountPercentile: 'ignore',
    Threshold: limitMs,
  } as const;
}

function hostAlarms(hosts: AlarmHosts, alarm: CreateAlarm): readonly CloudWatchAlarm[] {
  const {
    namespace = 'Fairlead/Host',
    autoScalingGroup,
    instances = [],
  } = checkOptions('hosts of cloudWatchAlarms', hosts, hostNames);
  checkTexts('hosts.namespace', [namespace]);
  checkTexts('hosts.instances', instances);
  if (autoScalingGroup !== undefined) checkTexts('hosts.autoScalingGroup', [autoScalingGroup]);
  else if (instances.length === 0) {
    rejectOption('hosts', 'an autoScalingGroup or instances', hosts);
  }
  const groups =
    autoScalingGroup === undefined
      ? instances.map((id) => ({ name: id, dimensions: { InstanceId: id } }))
      : [{ name: autoScalingGroup, dimensions: { AutoScalingGroupName: autoScalingGroup } }];
  return groups.flatMap(({ name, dimensions }) => {
    const metric = { Namespace: namespace, Dimensions: dimensionList(dimensions) };
    const used = { ...metric, Statistic: 'Maximum', TreatMissingData: 'missing' } as const;
    return [
      alarm(`${name}-memory`, {
        ...used,
        AlarmDescription: `More than 90 % of the memory of ${name} is used.`,
        MetricName: 'mem_used_percent',
        Threshold: 90,
      }),
      alarm(`${name}-disk`, {
        ...used,
        AlarmDescription: `More than 85 % of the root disk of ${name} is used.`,
        MetricName: 'disk_used_percent',
        Threshold: 85,
      }),
      alarm(`${name}-certificate`, {
        ...metric,
        AlarmDescription: `The certificate of ${name} ends within 14 days, or is not checked any more.`,
        MetricName: 'certificate_days_left',
        Statistic: 'Minimum',
        Period: 86_400,
        EvaluationPeriods: 1,
        DatapointsToAlarm: 1,
        Threshold: 14,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    ];
  });
}

function balancerAlarms(
  balancer: AlarmLoadBalancer,
  alarm: CreateAlarm,
): readonly CloudWatchAlarm[] {
  const { loadBalancer, targetGroup } = checkOptions(
    'loadBalancer of cloudWatchAlarms',
    balancer,
    balancerNames,
  );
  checkTexts('loadBalancer.loadBalancer', [loadBalancer]);
  checkTexts('loadBalancer.targetGroup', [targetGroup]);
  return [
    alarm('unhealthy-hosts', {
      AlarmDescription: `A host behind ${loadBalancer} is unhealthy.`,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'UnHealthyHostCount',
      Dimensions: dimensionList({ LoadBalancer: loadBalancer, TargetGroup: targetGroup }),
      Statistic: 'Maximum',
      Threshold: 0,
    }),
    alarm('balancer-failures', {
      AlarmDescription: `${loadBalancer} answers requests with 5xx itself: no host could.`,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_ELB_5XX_Count',
      Dimensions: dimensionList({ LoadBalancer: loadBalancer }),
      Statistic: 'Sum',
      Threshold: 5,
    }),
  ];
}

function dimensionList(dimensions: Readonly<Record<string, string>>) {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

function checkLimit(name: string, value: unknown): void {
  if (!(Number.isFinite(value) && Number(value) > 0)) rejectOption(name, 'a number above 0', value);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
