import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import type { ContainersOptions } from '@fairlead/deploy-cdk';

import { containerProps, containerTemplate, images } from '../support/sample-containers.ts';

const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';
const TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';
const label = Match.objectLike({ 'Fn::Join': Match.anyValue() });

const templateWith = (options: Partial<ContainersOptions> = {}): Template =>
  containerTemplate(containerProps({ containers: { images, ...options } }));

/** Times of cron, and the same for Application Auto Scaling. */
const times = [
  ['0 7 * * MON-FRI', 'cron(0 7 ? * MON,TUE,WED,THU,FRI *)'],
  ['30 6 * * 1-5', 'cron(30 6 ? * MON,TUE,WED,THU,FRI *)'],
  ['0 22 * * 0', 'cron(0 22 ? * SUN *)'],
  ['0 22 * * 5-7', 'cron(0 22 ? * SUN,FRI,SAT *)'],
  ['0 8 * * fri-mon', 'cron(0 8 ? * SUN,MON,FRI,SAT *)'],
  ['0 8 * * */2', 'cron(0 8 ? * SUN,TUE,THU,SAT *)'],
  ['0 8 1,15 * *', 'cron(0 8 1,15 * ? *)'],
  ['*/30 9-17 * 12 *', 'cron(*/30 9-17 * 12 ? *)'],
] as const;

describe('tasks whose rate is measured', () => {
  const template = templateWith({
    ...{ min: 3, max: 12, modelLoadSeconds: 90 },
    scaling: {
      requestsPerSecond: 180.5,
      schedule: times.map(([cron]) => ({ cron, timeZone: 'Europe/Berlin', min: 4, max: 20 })),
      predictive: 'scale',
    },
  });

  it('are between the fewest and the most, by the service-linked role', () => {
    template.hasResourceProperties(TARGET, {
      ...{ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' },
      ...{ MinCapacity: 3, MaxCapacity: 12, RoleARN: Match.absent() },
      ResourceId: {
        'Fn::Join': [
          '',
          [
            'service/',
            { Ref: Match.stringLikeRegexp('ServiceCluster') },
            '/',
            { 'Fn::GetAtt': [Match.stringLikeRegexp('ServiceTasks'), 'Name'] },
          ],
        ],
      },
    });
  });

  it('are as many as they have scaled to after an update of the stack', () => {
    template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
  });

  it('grow above their requests per task and minute', () => {
    template.hasResourceProperties(POLICY, {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        ...{ TargetValue: 10_830, ScaleOutCooldown: 150 },
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: label,
        },
      },
    });
  });

  it('grow ahead of the forecast by the time that a task needs', () => {
    template.hasResourceProperties(POLICY, {
      PolicyType: 'PredictiveScaling',
      PredictiveScalingPolicyConfiguration: {
        ...{ Mode: 'ForecastAndScale', SchedulingBufferTime: 150 },
        MetricSpecifications: [
          {
            TargetValue: 10_830,
            PredefinedMetricPairSpecification: {
              PredefinedMetricType: 'ALBRequestCount',
              ResourceLabel: label,
            },
          },
        ],
      },
    });
  });

  it('are at least four at the times of the schedule', () => {
    const [target] = Object.values(template.findResources(TARGET));
    const { ScheduledActions } = target?.Properties as { ScheduledActions: unknown[] };
    expect(ScheduledActions).toEqual(
      times.map(([, Schedule], i) => ({
        ...{ ScheduledActionName: `Schedule${i}`, Schedule, Timezone: 'Europe/Berlin' },
        ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 20 },
      })),
    );
  });

  it('may be unhealthy while their models load', () => {
    const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    const { ContainerDefinitions } = task?.Properties as {
      ContainerDefinitions: { Name: string; HealthCheck?: { StartPeriod: number } }[];
    };
    const periods = ContainerDefinitions.flatMap(({ HealthCheck }) => HealthCheck?.StartPeriod);
    expect(periods).toEqual([undefined, 150, 150, 150]);
    template.hasResourceProperties('AWS::ECS::Service', { HealthCheckGracePeriodSeconds: 150 });
  });
});

it('tasks whose rate is not known grow above 60 % processor time, up to twice the fewest', () => {
  const template = templateWith();
  template.resourceCountIs(POLICY, 2);
  template.hasResourceProperties(TARGET, { MinCapacity: 2, MaxCapacity: 4 });
  template.hasResourceProperties(POLICY, {
    TargetTrackingScalingPolicyConfiguration: {
      ...{ TargetValue: 60, ScaleOutCooldown: 120 },
      PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    },
  });
});

it('as many tasks at most as at least do not scale', () => {
  const template = templateWith({ min: 3, max: 3 });
  template.resourceCountIs(TARGET, 0);
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 3 });
});
