import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';

import type { ModelServiceProps } from '@fairlead/deploy-cdk';

import { propsWith, serviceWith, templateOf } from '../support/sample-stack.ts';
import { userDataOf } from '../support/user-data.ts';

const ASG = 'AWS::AutoScaling::AutoScalingGroup';

const alarmsOf = (template: Template) =>
  Object.keys(template.findResources('AWS::CloudWatch::Alarm'));

describe('immutable updates', () => {
  const template = templateOf(propsWith());

  it('replace hosts at full capacity, with checkpoints and a bake time', () => {
    template.hasResource(ASG, {
      UpdatePolicy: {
        AutoScalingInstanceRefresh: {
          Strategy: 'Rolling',
          Preferences: {
            ...{ MinHealthyPercentage: 100, MaxHealthyPercentage: 110, SkipMatching: true },
            ...{ InstanceWarmup: 120, BakeTime: 900 },
            ...{ CheckpointPercentages: [10, 50, 100], CheckpointDelay: 300 },
            AlarmSpecification: { Alarms: [{ Ref: Match.stringLikeRegexp('UpdateErrors') }] },
          },
        },
      },
    });
  });

  it('fail when more than 1 % of responses have status 5xx in two of three minutes', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...{ Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
      ...{ EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' },
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)' }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            ...{ Period: 60, Stat: 'Sum' },
            Metric: Match.objectLike({ MetricName: 'HTTPCode_Target_5XX_Count' }),
          }),
        }),
      ]),
    });
  });

  it('take other alarms in place of the default one, and other checkpoints', () => {
    const { stack } = serviceWith(
      withAlarm({ checkpointPercentages: [20, 100], checkpointMinutes: 30, bakeMinutes: 60 }),
    );
    const changed = Template.fromStack(stack);
    changed.hasResource(ASG, {
      UpdatePolicy: {
        AutoScalingInstanceRefresh: {
          Preferences: {
            ...{ CheckpointPercentages: [20, 100], CheckpointDelay: 1800, BakeTime: 3600 },
            AlarmSpecification: { Alarms: ['latency'] },
          },
        },
      },
    });
    expect(alarmsOf(changed)).toEqual([expect.stringMatching(/ScaleIn/)]);
  });
});

describe('updates in place', () => {
  const template = templateOf(
    propsWith({
      updates: { kind: 'inPlace', parameter: '/shop/prod/release' },
      release: { bucket: 'acme-shop-releases' },
    }),
  );

  it('replace no host, and have no alarm of a refresh', () => {
    const [group] = Object.values(template.findResources(ASG));
    expect(group).not.toHaveProperty('UpdatePolicy.AutoScalingInstanceRefresh');
    expect(alarmsOf(template)).toEqual([expect.stringMatching(/ScaleIn/)]);
  });

  it('let a new host read the digest from the parameter, so that the template names no release', () => {
    const { settings } = userDataOf(template);
    expect(settings.source).toEqual({
      ...{ parameter: '/shop/prod/release', region: 'eu-central-1' },
      ssm: 'https://ssm.eu-central-1.amazonaws.com/',
      folder: 'https://acme-shop-releases.s3.eu-central-1.amazonaws.com/releases/archives/',
    });
    expect([settings.digest, settings.parts]).toEqual([undefined, undefined]);
    template.resourceCountIs('AWS::SSM::Parameter', 0);
  });

  it('allow a host this parameter, and archives of releases', () => {
    const text = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(text).toContain(':parameter/shop/prod/release"');
    expect(text).toContain(':s3:::acme-shop-releases/releases/archives/*.tar"');
  });
});

function withAlarm(changes: Partial<ModelServiceProps['updates']>): ModelServiceProps {
  const alarm = Alarm.fromAlarmArn(
    new Stack(),
    'Latency',
    'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:latency',
  );
  return propsWith({ updates: { kind: 'immutable', alarms: [alarm], ...changes } as never });
}
