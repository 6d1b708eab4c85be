import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import type { ScalingOptions } from '@fairlead/deploy-cdk';

import { propsWith, templateOf } from '../support/sample-stack.ts';

const POLICY = 'AWS::AutoScaling::ScalingPolicy';
const ACTION = 'AWS::AutoScaling::ScheduledAction';
const label = Match.objectLike({ 'Fn::Join': Match.anyValue() });

const templateWith = (scaling: ScalingOptions) =>
  templateOf(propsWith({ hosts: { instanceType: 'm7g.large', modelLoadSeconds: 30, scaling } }));

describe('a group of hosts whose rate is measured', () => {
  const template = templateWith({
    requestsPerSecond: 180.5,
    schedule: [{ cron: '0 7 * * MON-FRI', timeZone: 'Europe/Berlin', min: 4, max: 12 }],
    predictive: 'scale',
  });

  it('grows above its requests per host and minute', () => {
    template.hasResourceProperties(POLICY, {
      PolicyType: 'TargetTrackingScaling',
      EstimatedInstanceWarmup: 90,
      TargetTrackingConfiguration: {
        TargetValue: 10_830,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: label,
        },
      },
    });
  });

  it('has at least four hosts on weekdays from seven', () => {
    template.hasResourceProperties(ACTION, {
      ...{ Recurrence: '0 7 * * MON-FRI', TimeZone: 'Europe/Berlin', MinSize: 4, MaxSize: 12 },
    });
  });

  it('grows ahead of the forecast by the time that a host needs', () => {
    template.hasResourceProperties(POLICY, {
      PolicyType: 'PredictiveScaling',
      PredictiveScalingConfiguration: {
        ...{ Mode: 'ForecastAndScale', SchedulingBufferTime: 90 },
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

  it('has policies and scheduled actions that CloudFormation creates after the group', () => {
    const resources = { ...template.findResources(POLICY), ...template.findResources(ACTION) };
    expect(Object.keys(resources)).toHaveLength(4);
    for (const { Properties } of Object.values(resources) as { Properties: object }[]) {
      expect(Properties).toMatchObject({
        AutoScalingGroupName: { Ref: expect.stringMatching(/HostsGroup/) as string },
      });
    }
  });

  it('has the policies of a metric after the listener, without which the metric does not exist', () => {
    const policies = Object.entries(template.findResources(POLICY)).filter(
      ([id]) => !id.includes('ScaleIn'),
    );
    expect(policies).toHaveLength(2);
    for (const [, policy] of policies) {
      expect((policy as { DependsOn?: string[] }).DependsOn).toEqual([
        expect.stringMatching(/LoadBalancerHttps/),
      ]);
    }
  });
});

it('a group whose rate is not known grows above 60 % processor time', () => {
  const template = templateWith({});
  template.resourceCountIs(POLICY, 2);
  template.hasResourceProperties(POLICY, {
    TargetTrackingConfiguration: {
      TargetValue: 60,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
    },
  });
  template.resourceCountIs(ACTION, 0);
});
