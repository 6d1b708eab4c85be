import type { Template } from 'aws-cdk-lib/assertions';

/** Preferences of an instance refresh, as CloudFormation has them; times are in seconds. */
interface RefreshPreferences {
  readonly MinHealthyPercentage: number;
  readonly MaxHealthyPercentage: number;
  readonly SkipMatching: boolean;
  readonly InstanceWarmup: number;
  readonly BakeTime: number;
  readonly CheckpointPercentages: readonly number[];
  readonly CheckpointDelay: number;
  readonly AlarmSpecification: { readonly Alarms: readonly { readonly Ref: string }[] };
}

/** Alarm on the share of responses with status 5xx. */
export interface ErrorShareAlarm {
  /** Percent. */
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm: number;
  /** Length of a period in seconds. */
  readonly period: number;
}

/** A group of hosts and its updates, as a template has them. */
export interface GroupTemplate {
  readonly name: string;
  readonly lifecycleHook: string;
  readonly hosts: number;
  readonly preferences: RefreshPreferences;
  readonly alarm: ErrorShareAlarm;
  /** Path, port, and interval in seconds of health checks. */
  readonly health: { readonly path: string; readonly port: number; readonly interval: number };
  /** Seconds that a deregistered host has for its last requests. */
  readonly deregistrationDelay: number;
  /** User data, in which addresses of AWS are paths of `cloudUrl`, as is the address of the first signals. */
  readonly userData: string;
}

interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly UpdatePolicy?: unknown;
}

const SHARE_OF_ERRORS = 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)';

/** Reads a template with one group of hosts. */
export function readGroupTemplate(template: Template, cloudUrl: string): GroupTemplate {
  const only = (type: string): Resource => {
    const found: readonly Resource[] = Object.values(template.findResources(type)) as Resource[];
    const [resource] = found;
    if (found.length !== 1 || resource === undefined) throw new Error(`${found.length} of ${type}`);
    return resource;
  };
  const group = only('AWS::AutoScaling::AutoScalingGroup');
  const { AutoScalingInstanceRefresh: refresh } = group.UpdatePolicy as {
    AutoScalingInstanceRefresh: { Preferences: RefreshPreferences };
  };
  const properties = group.Properties as {
    AutoScalingGroupName: string;
    MinSize: string;
    LifecycleHookSpecificationList: readonly { LifecycleHookName: string }[];
  };
  const targets = only('AWS::ElasticLoadBalancingV2::TargetGroup').Properties as {
    Port: number;
    HealthCheckPath: string;
    HealthCheckIntervalSeconds: number;
    TargetGroupAttributes: readonly { Key: string; Value: string }[];
  };
  const delay = targets.TargetGroupAttributes.find(
    ({ Key }) => Key === 'deregistration_delay.timeout_seconds',
  );
  return {
    name: properties.AutoScalingGroupName,
    lifecycleHook: properties.LifecycleHookSpecificationList[0]?.LifecycleHookName ?? '',
    hosts: Number(properties.MinSize),
    preferences: refresh.Preferences,
    alarm: readAlarm(only('AWS::CloudWatch::Alarm')),
    health: {
      path: targets.HealthCheckPath,
      port: targets.Port,
      interval: targets.HealthCheckIntervalSeconds,
    },
    deregistrationDelay: Number(delay?.Value),
    userData: readUserData(only('AWS::EC2::LaunchTemplate'), cloudUrl),
  };
}

function readAlarm({ Properties }: Resource): ErrorShareAlarm {
  const { Metrics, ...alarm } = Properties as {
    Threshold: number;
    EvaluationPeriods: number;
    DatapointsToAlarm: number;
    Metrics: readonly { Expression?: string; MetricStat?: { Period: number } }[];
  };
  if (!Metrics.some(({ Expression }) => Expression === SHARE_OF_ERRORS)) {
    throw new Error(`another metric than the share of errors: ${JSON.stringify(Metrics)}`);
  }
  const period = Metrics.find(({ MetricStat }) => MetricStat !== undefined)?.MetricStat?.Period;
  return { ...alarm, period: period ?? 0 };
}

function readUserData({ Properties }: Resource, cloudUrl: string): string {
  const { LaunchTemplateData: data } = Properties as {
    LaunchTemplateData: { UserData: { 'Fn::Base64': { 'Fn::Join': [string, unknown[]] } } };
  };
  const parts = data.UserData['Fn::Base64']['Fn::Join'][1];
  // The only reference in it: the handle of the wait condition, which CloudFormation makes an address.
  const text = parts.map((part) => (typeof part === 'string' ? part : `${cloudUrl}/signal`));
  return text
    .join('')
    .replaceAll(/https:\/\/([\w.-]+\.amazonaws\.com)\//g, `${cloudUrl}/$1/`)
    .replace(
      '"runcmd":[["python3"',
      `"runcmd":[["env","AWS_EC2_METADATA_SERVICE_ENDPOINT=${cloudUrl}","python3"`,
    );
}
