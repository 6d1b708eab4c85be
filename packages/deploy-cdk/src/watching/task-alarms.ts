import type { CfnAlarm, CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch';

/** Service of ECS on Fargate, as CloudWatch names it; its cluster has Container Insights. */
export interface WatchedTasks {
  /** Name of the cluster. Example: `'shop'`. */
  readonly cluster: string;
  /** Name of the service. Example: `'gateway'`. */
  readonly service: string;
  /** Names of the containers, each of which gets a log group. Example: `['gateway', 'nginx']`. */
  readonly containers: readonly string[];
  /** Minutes until a new task may run. Example: `5`. @defaultValue `2` */
  readonly startMinutes?: number;
}

/** Alarm of tasks by the end of its name. */
interface TaskAlarm {
  readonly id: string;
  readonly props: Omit<CfnAlarmProps, 'alarmName' | 'alarmActions' | 'okActions'>;
}

const CONTAINER_INSIGHTS = 'ECS/ContainerInsights';
const minutes = (count: number) => ({ evaluationPeriods: count, datapointsToAlarm: count });

/** Dimensions of the metrics of a service. */
export function taskDimensions({
  cluster,
  service,
}: WatchedTasks): { readonly name: string; readonly value: string }[] {
  return [
    { name: 'ClusterName', value: cluster },
    { name: 'ServiceName', value: service },
  ];
}

/**
 * Returns the alarms of tasks, in place of those of hosts: too few of them, processors, memory and storage.
 *
 * Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
 */
export function taskAlarms(tasks: WatchedTasks): readonly TaskAlarm[] {
  const dimensions = taskDimensions(tasks);
  const query = (
    id: string,
    metricName: string,
    stat: string,
  ): CfnAlarm.MetricDataQueryProperty => ({
    id,
    metricStat: {
      metric: { namespace: CONTAINER_INSIGHTS, metricName, dimensions },
      ...{ period: 60, stat },
    },
    returnData: false,
  });
  const result = (expression: string, label: string) => ({
    ...{ id: 'result', expression, label, returnData: true },
  });
  const above = (threshold: number) => ({
    ...{ threshold, comparisonOperator: 'GreaterThanThreshold' },
  });
  const ofEcs = { namespace: 'AWS/ECS', dimensions, period: 60, treatMissingData: 'missing' };
  return [
    {
      id: 'running-tasks',
      props: {
        alarmDescription:
          'Fewer tasks run than the service should have for longer than one needs to start.',
        metrics: [
          query('desired', 'DesiredTaskCount', 'Minimum'),
          query('running', 'RunningTaskCount', 'Minimum'),
          result('desired - FILL(running, 0)', 'Tasks that are missing'),
        ],
        ...minutes(5 + (tasks.startMinutes ?? 2)),
        ...above(0),
        // Container Insights reports a service without tasks as well.
        treatMissingData: 'breaching',
      },
    },
    {
      id: 'cpu',
      props: {
        alarmDescription: 'Tasks use more than 90 % of their processors.',
        ...{ ...ofEcs, metricName: 'CPUUtilization', statistic: 'Average' },
        ...{ ...minutes(5), ...above(90) },
      },
    },
    {
      id: 'memory',
      props: {
        alarmDescription: 'A task uses more than 90 % of its memory.',
        ...{ ...ofEcs, metricName: 'MemoryUtilization', statistic: 'Maximum' },
        ...{ ...minutes(5), ...above(90) },
      },
    },
    {
      id: 'disk',
      props: {
        alarmDescription: 'A task uses more than 85 % of its ephemeral storage.',
        metrics: [
          query('used', 'EphemeralStorageUtilized', 'Maximum'),
          query('size', 'EphemeralStorageReserved', 'Maximum'),
          result('100 * used / size', 'Ephemeral storage used, in percent'),
        ],
        ...{ ...minutes(5), ...above(85), treatMissingData: 'missing' },
      },
    },
  ];
}
