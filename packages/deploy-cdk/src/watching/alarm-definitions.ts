import type { Deployment } from '@fairlead/deploy-config';
import { cloudWatchAlarms, type CloudWatchAlarm } from '@fairlead/monitoring/dashboards';

import { dimensions, fiveMinutes, type Definition } from './alarm-parts.ts';
import { balancerAlarms, type WatchedBalancer } from './balancer-alarms.ts';
import type { PublishedMetrics } from './published-metrics.ts';
import { taskAlarms, type WatchedTasks } from './task-alarms.ts';
import type { ResolvedWatching } from './watching-options.ts';

/** Queue of jobs with its dead-letter queue, by name. */
interface WatchedQueue {
  readonly name: string;
  readonly deadLetters: string;
}

/** Resources with alarms. */
export interface WatchedResources {
  /** Name of the Auto Scaling group of the hosts. */
  readonly autoScalingGroup?: string | undefined;
  readonly tasks?: WatchedTasks | undefined;
  readonly balancer?: WatchedBalancer | undefined;
  readonly queues: readonly WatchedQueue[];
}

/** Alarm by the end of its name. */
export interface AlarmDefinition extends Definition {
  /** Part of the alarm of rollouts. */
  readonly stopsRollout: boolean;
  /** Alarm of the service of ECS itself, which exists after the service. */
  readonly followsTasks: boolean;
}

/** Default of `FAIRLEAD_JOBS_MAX`. */
const DEFAULT_JOBS_MAX = 1000;
/** Prefix of names before they are cut off: a name of an Auto Scaling group may not be known yet. */
const PREFIX = 'alarm';
const ROLLOUT =
  /(?:-failures|-latency|^failures|^latency|^(?:grpc-)?unhealthy-hosts|^heartbeat|^running-tasks)$/;

/** Returns all alarms of a service: those of `@fairlead/monitoring`, and those of the load balancer, jobs, drift and certificates of ACM. */
export function alarmDefinitions(
  deployment: Deployment,
  published: PublishedMetrics,
  resources: WatchedResources,
  options: ResolvedWatching,
): readonly AlarmDefinition[] {
  const { namespace, hostNamespace, hasCertificate } = published;
  const { autoScalingGroup, tasks, balancer, queues } = resources;
  const { models, failureShare, latencyMs, certificateDays } = options;
  const hosts =
    hostNamespace === undefined || autoScalingGroup === undefined
      ? undefined
      : { namespace: hostNamespace, autoScalingGroup };
  const shared = cloudWatchAlarms({
    ...{ namespace, models, prefix: PREFIX, failureShare, latencyMs },
    ...(hosts && { hosts }),
    ...(balancer && {
      loadBalancer: { loadBalancer: balancer.loadBalancer, targetGroup: balancer.targetGroup },
    }),
  });
  const definitions = [
    ...shared
      .map((alarm) => ofShared(alarm, autoScalingGroup, certificateDays))
      .filter(({ id }) => id !== 'certificate' || hasCertificate),
    ...(hosts ? [heartbeat(hosts.namespace, hosts.autoScalingGroup)] : []),
    ...(balancer ? balancerAlarms(balancer, options) : []),
    ...queues.flatMap((queue) => queueAlarms(queue, deployment, options)),
    ...(judgesDrift(deployment) ? [drift(namespace)] : []),
  ];
  return [
    ...definitions.map((each) => ({ ...each, followsTasks: false })),
    ...(tasks ? taskAlarms(tasks) : []).map((each) => ({ ...each, followsTasks: true })),
  ].map((each) => ({ ...each, stopsRollout: ROLLOUT.test(each.id) }));
}

function ofShared(
  alarm: CloudWatchAlarm,
  group: string | undefined,
  certificateDays: number,
): Definition {
  const name = alarm.AlarmName.replace(`${PREFIX}-`, '');
  const id = group === undefined ? name : name.replace(`${group}-`, '');
  const isCertificate = id === 'certificate';
  return {
    id,
    props: {
      alarmDescription: isCertificate
        ? `A certificate of ${group ?? 'Nginx'} ends within ${certificateDays} days, or is not checked any more.`
        : alarm.AlarmDescription,
      namespace: alarm.Namespace,
      metricName: alarm.MetricName,
      dimensions: dimensions(
        Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, Value])),
      ),
      ...(alarm.Statistic !== undefined && { statistic: alarm.Statistic }),
      ...(alarm.ExtendedStatistic !== undefined && { extendedStatistic: alarm.ExtendedStatistic }),
      ...(alarm.EvaluateLowSampleCountPercentile !== undefined && {
        evaluateLowSampleCountPercentile: alarm.EvaluateLowSampleCountPercentile,
      }),
      period: alarm.Period,
      evaluationPeriods: alarm.EvaluationPeriods,
      datapointsToAlarm: alarm.DatapointsToAlarm,
      threshold: isCertificate ? certificateDays : alarm.Threshold,
      comparisonOperator: alarm.ComparisonOperator,
      treatMissingData: alarm.TreatMissingData,
    },
  };
}

function heartbeat(namespace: string, group: string): Definition {
  return {
    id: 'heartbeat',
    props: {
      alarmDescription: `No host of ${group} has sent metrics for five minutes.`,
      ...{ namespace, metricName: 'mem_used_percent', statistic: 'SampleCount' },
      dimensions: dimensions({ AutoScalingGroupName: group }),
      ...fiveMinutes,
      threshold: 1,
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
    },
  };
}

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
function queueAlarms(
  { name, deadLetters }: WatchedQueue,
  { gateway }: Deployment,
  { jobWaitMinutes }: ResolvedWatching,
): readonly Definition[] {
  const maxJobs = Number(gateway.environment.FAIRLEAD_JOBS_MAX ?? DEFAULT_JOBS_MAX);
  const ofQueue = (metricName: string, queue: string, threshold: number) => ({
    ...{ namespace: 'AWS/SQS', metricName, statistic: 'Maximum' },
    dimensions: dimensions({ QueueName: queue }),
    ...{ ...fiveMinutes, threshold, comparisonOperator: 'GreaterThanThreshold' },
    treatMissingData: 'notBreaching',
  });
  return [
    {
      id: `${name}-depth`,
      props: {
        alarmDescription: `${name} has more than 80 % of the ${maxJobs} messages at which jobs are rejected.`,
        ...ofQueue('ApproximateNumberOfMessagesVisible', name, Math.floor(maxJobs * 0.8)),
      },
    },
    {
      id: `${name}-wait`,
      props: {
        alarmDescription: `A message waits in ${name} for more than ${jobWaitMinutes} minutes.`,
        ...ofQueue('ApproximateAgeOfOldestMessage', name, jobWaitMinutes * 60),
      },
    },
    {
      id: `${name}-dead-letters`,
      props: {
        alarmDescription: `Messages of ${name} end every process that receives them, and are in ${deadLetters}.`,
        ...ofQueue('ApproximateNumberOfMessagesVisible', deadLetters, 0),
        ...{ evaluationPeriods: 1, datapointsToAlarm: 1 },
      },
    },
  ];
}

/** Drift needs the windows of the state folder. */
function judgesDrift({ gateway: { environment } }: Deployment): boolean {
  const { FAIRLEAD_STATE_FOLDER: folder = '', FAIRLEAD_DRIFT: drift = 'auto' } = environment;
  return drift === 'on' || (drift === 'auto' && folder !== '');
}

function drift(namespace: string): Definition {
  return {
    id: 'drift',
    props: {
      alarmDescription: 'Features or outputs of a model drift from its training table.',
      ...{ namespace, metricName: 'DriftedFeatures', statistic: 'Maximum' },
      dimensions: dimensions({ service: 'fairlead-gateway' }),
      ...{ period: 300, evaluationPeriods: 1, datapointsToAlarm: 1, threshold: 0 },
      comparisonOperator: 'GreaterThanThreshold',
      // A deployment that restarts all gateways ends no drift.
      treatMissingData: 'ignore',
    },
  };
}
