import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import type { ScalingOptions } from '@fairlead/deploy-cdk';

import { propsWith, templateOf } from '../support/sample-stack.ts';

const POLICY = 'AWS::AutoScaling::ScalingPolicy';
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
    template.hasResourceProperties('AWS::AutoScaling::ScheduledAction', {
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

  it('has its policies after the listener, without which the metric does not exist', () => {
    for (const policy of Object.values(template.findResources(POLICY))) {
      expect((policy as { DependsOn?: string[] }).DependsOn).toEqual([
        expect.stringMatching(/LoadBalancerHttps/),
      ]);
    }
  });
});

it('a group whose rate is not known grows above 60 % processor time', () => {
  const template = templateWith({});
  template.resourceCountIs(POLICY, 1);
  template.hasResourceProperties(POLICY, {
    TargetTrackingConfiguration: {
      TargetValue: 60,
      PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
    },
  });
  template.resourceCountIs('AWS::AutoScaling::ScheduledAction', 0);
});
