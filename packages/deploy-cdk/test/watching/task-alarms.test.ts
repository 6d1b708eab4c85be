import type { Deployment } from '@fairlead/deploy-config';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import { Watching, type WatchingProps } from '@fairlead/deploy-cdk';

import { containerDeployment, deploymentOf } from '../support/sample-containers.ts';

const tasks = { cluster: 'shop', service: 'tasks', containers: ['gateway', 'nginx'] };
const deployment = deploymentOf({ FAIRLEAD_CLOUDWATCH_NAMESPACE: 'Shop' });

function watchingOf(changes: Partial<WatchingProps> = {}) {
  const stack = new Stack(new App(), 'Shop');
  const watching = new Watching(stack, 'Watching', { deployment, tasks, ...changes });
  return { stack, watching, template: Template.fromStack(stack) };
}

const { watching, stack, template } = watchingOf();
const alarms = new Map(
  Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => {
    const properties = Properties as Readonly<Record<string, unknown>>;
    return [String(properties.AlarmName), properties];
  }),
);
const dimensions = [
  { Name: 'ClusterName', Value: 'shop' },
  { Name: 'ServiceName', Value: 'tasks' },
];

describe('alarms of tasks', () => {
  it('are those of ECS in place of those of hosts', () => {
    expect([...alarms.keys()].toSorted()).toEqual([
      'shop-cpu',
      'shop-disk',
      'shop-drift',
      'shop-memory',
      'shop-running-tasks',
    ]);
  });

  it('begin when fewer tasks run than there should be for longer than a task needs to start, or nothing is reported', () => {
    const metric = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: {
        Metric: { Namespace: 'ECS/ContainerInsights', MetricName, Dimensions: dimensions },
        ...{ Period: 60, Stat: 'Minimum' },
      },
      ReturnData: false,
    });
    expect(alarms.get('shop-running-tasks')).toMatchObject({
      Metrics: [
        metric('desired', 'DesiredTaskCount'),
        metric('running', 'RunningTaskCount'),
        { Id: 'result', Expression: 'desired - FILL(running, 0)', ReturnData: true },
      ],
      ...{ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
      ...{ EvaluationPeriods: 7, DatapointsToAlarm: 7, TreatMissingData: 'breaching' },
    });
    const slow = watchingOf({ tasks: { ...tasks, startMinutes: 5 } });
    expect(slow.watching.alarms.get('running-tasks')?.evaluationPeriods).toBe(10);
  });

  it.each([
    ['cpu', 'CPUUtilization', 'Average'],
    ['memory', 'MemoryUtilization', 'Maximum'],
  ])('begin above 90 % %s', (name, MetricName, Statistic) => {
    expect(alarms.get(`shop-${name}`)).toMatchObject({
      ...{ Namespace: 'AWS/ECS', MetricName, Statistic, Dimensions: dimensions, Period: 60 },
      ...{ Threshold: 90, ComparisonOperator: 'GreaterThanThreshold' },
      ...{ EvaluationPeriods: 5, DatapointsToAlarm: 5, TreatMissingData: 'missing' },
    });
  });

  it('begin above 85 % of the ephemeral storage', () => {
    const metric = (MetricName: string) => ({
      MetricStat: {
        Metric: { Namespace: 'ECS/ContainerInsights', MetricName, Dimensions: dimensions },
        Stat: 'Maximum',
      },
    });
    expect(alarms.get('shop-disk')).toMatchObject({
      Metrics: [
        metric('EphemeralStorageUtilized'),
        metric('EphemeralStorageReserved'),
        { Expression: '100 * used / size' },
      ],
      ...{ Threshold: 85, TreatMissingData: 'missing' },
    });
  });

  it('notify the topic at their beginning and end', () => {
    for (const { AlarmActions, OKActions } of alarms.values()) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/Topic/) as string }]);
      expect(OKActions).toEqual(AlarmActions);
    }
  });

  it('are part of the alarm of rollouts, but of no deployment, which a service has before them', () => {
    const [composite] = Object.values(template.findResources('AWS::CloudWatch::CompositeAlarm'));
    expect(JSON.stringify(composite?.Properties)).toContain('Alarmrunningtasks');
    expect(watching.deploymentAlarmNames).toEqual([]);
  });
});

it('tasks publish into the namespace of the gateway only: ECS writes their logs', () => {
  const statements = watching.statements.map(
    (each) => stack.resolve(each.toStatementJson()) as Record<string, unknown>,
  );
  expect(statements).toEqual([
    {
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': ['Shop'] } },
    },
  ]);
});

it('containers have log groups below the name of the deployment, for 30 days without cloudWatch', () => {
  const groups = Object.values(template.findResources('AWS::Logs::LogGroup')).map(
    ({ Properties }) => Properties as Record<string, unknown>,
  );
  expect(
    groups.map(({ LogGroupName, RetentionInDays }) => [LogGroupName, RetentionInDays]),
  ).toEqual([
    ['/shop/gateway', 30],
    ['/shop/nginx', 30],
  ]);
});

it('the dashboard shows tasks, processors, memory and storage, and no hosts', () => {
  const text = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
  for (const metric of [
    'RunningTaskCount',
    'DesiredTaskCount',
    'CPUUtilization',
    'MemoryUtilization',
    'EphemeralStorageUtilized',
  ]) {
    expect(text).toContain(metric);
  }
  expect(text).not.toContain('mem_used_percent');
});

it.each<readonly [string, Partial<WatchingProps> | Record<string, undefined>, string]>([
  ['hosts and tasks at once', { autoScalingGroup: 'shop' }, 'either autoScalingGroup'],
  ['neither hosts nor tasks', { tasks: undefined }, 'either autoScalingGroup'],
  [
    'a gateway without metrics',
    { deployment: containerDeployment satisfies Deployment },
    'set FAIRLEAD_CLOUDWATCH_NAMESPACE',
  ],
])('rejects %s', (_, changes, message) => {
  expect(() => watchingOf(changes as Partial<WatchingProps>)).toThrow(message);
});
