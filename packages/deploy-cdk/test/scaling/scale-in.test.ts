import { runInNewContext } from 'node:vm';

import { scaleInRule } from '@fairlead/sizing';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import type { ScalingOptions } from '@fairlead/deploy-cdk';

import { containerProps, containerTemplate, images } from '../support/sample-containers.ts';
import { propsWith, templateOf } from '../support/sample-stack.ts';
import { readable } from '../support/statements.ts';

const ofHosts = (scaling: ScalingOptions) =>
  templateOf(propsWith({ hosts: { instanceType: 'm7g.large', scaling } }));
const ofTasks = (scaling: ScalingOptions) =>
  containerTemplate(containerProps({ containers: { images, min: 2, max: 40, scaling } }));

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData: boolean;
  readonly MetricStat?: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** Properties of the alarm that removes hosts or tasks. */
function alarmOf(template: Template) {
  const found = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).filter(([id]) =>
    /ScaleIn\w*$/.test(id),
  );
  expect(found).toHaveLength(1);
  return found[0]?.[1] as {
    readonly DependsOn: readonly string[];
    readonly Properties: Readonly<Record<string, unknown>> & { readonly Metrics: readonly Query[] };
  };
}

/** Computes the expression of the alarm as CloudWatch does, for values of a minute; `load` is missing where it is `undefined`. */
function spareOf(template: Template, targets: number, load: number | undefined): number {
  const { Expression = '' } =
    alarmOf(template).Properties.Metrics.find(({ ReturnData }) => ReturnData) ?? {};
  return runInNewContext(Expression, {
    ...{ targets, load },
    IF: (condition: boolean, then: number, otherwise: number) => (condition ? then : otherwise),
    FILL: (value: number | undefined, missing: number) => value ?? missing,
  }) as number;
}

/** Targets that the policy removes, as AWS rounds percentages. */
const removedOf = (targets: number) => Math.max(1, Math.floor(targets / 10));

describe.each([
  ['hosts', ofHosts],
  ['tasks', ofTasks],
] as const)('%s', (_name, templateOfScaling) => {
  const measured = templateOfScaling({ requestsPerSecond: 100 });
  const unmeasured = templateOfScaling({});

  it('are added by target tracking, which removes none', () => {
    for (const template of [measured, unmeasured]) {
      const policies = JSON.stringify(template.toJSON());
      expect(policies.match(/"DisableScaleIn":true/g)).toHaveLength(1);
    }
  });

  it('are removed when fewer would have had less than 90 % of the target in each of 15 minutes', () => {
    const { Properties, DependsOn } = alarmOf(measured);
    expect(Properties).toMatchObject({
      ...{ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold' },
      ...{ EvaluationPeriods: scaleInRule.minutes, DatapointsToAlarm: scaleInRule.minutes },
      ...{
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: expect.any(String) as string }],
      },
    });
    expect(DependsOn).toEqual([expect.stringMatching(/LoadBalancerHttps/)]);
    expect(
      Properties.Metrics.filter(({ MetricStat }) => MetricStat !== undefined).map(
        ({ Id, MetricStat }) =>
          `${Id}: ${MetricStat?.Metric.Namespace} ${MetricStat?.Metric.MetricName} ${MetricStat?.Stat} ${MetricStat?.Period}`,
      ),
    ).toEqual([
      'load: AWS/ApplicationELB RequestCountPerTarget Sum 60',
      'targets: AWS/ApplicationELB HealthyHostCount Minimum 60',
    ]);
    for (let targets = 2; targets <= 60; targets++) {
      const remaining = targets - removedOf(targets);
      const allowed = (remaining * scaleInRule.targetShare * 6000) / targets;
      // Above ten targets, a whole tenth is assumed to be removed: the number is rounded down.
      const assumed =
        targets > 10 ? (targets * 0.9 * scaleInRule.targetShare * 6000) / targets : allowed;
      expect(assumed).toBeLessThanOrEqual(allowed + 1e-9);
      expect(spareOf(measured, targets, assumed - 1)).toBeGreaterThan(0);
      expect(spareOf(measured, targets, assumed + 1)).toBeLessThan(0);
    }
  });

  it('are removed down to one without requests, of which CloudWatch has no value, and the last one stays', () => {
    expect(spareOf(measured, 2, undefined)).toBeGreaterThan(0);
    expect(spareOf(measured, 1, undefined)).toBe(0);
    expect(spareOf(measured, 1, 10)).toBeLessThan(0);
  });

  it('are removed by the processor time when their rate is not known, and not while it is missing', () => {
    expect(spareOf(unmeasured, 2, 26)).toBeGreaterThan(0);
    expect(spareOf(unmeasured, 2, 28)).toBeLessThan(0);
    expect(spareOf(unmeasured, 2, undefined)).toBeNaN();
    const [load] = alarmOf(unmeasured).Properties.Metrics;
    expect(load?.MetricStat).toMatchObject({
      Stat: 'Average',
      Metric: { MetricName: 'CPUUtilization' },
    });
  });
});

const percent = -100 * scaleInRule.removedShare;

it('a tenth of the hosts is removed every five minutes, one at least', () => {
  const template = ofHosts({ requestsPerSecond: 100 });
  template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', {
    ...{ PolicyType: 'SimpleScaling', AdjustmentType: 'PercentChangeInCapacity' },
    ...{ ScalingAdjustment: percent, MinAdjustmentMagnitude: 1 },
    Cooldown: String(scaleInRule.cooldownSeconds),
  });
  expect(readable(alarmOf(template).Properties.AlarmActions)).toMatch(/HostsScaleInPolicy/);
});

it('a tenth of the tasks is removed every five minutes, one at least', () => {
  const template = ofTasks({ requestsPerSecond: 100 });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    PolicyType: 'StepScaling',
    ScalingTargetId: Match.anyValue(),
    StepScalingPolicyConfiguration: {
      ...{ AdjustmentType: 'PercentChangeInCapacity', MinAdjustmentMagnitude: 1 },
      StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: percent }],
      Cooldown: scaleInRule.cooldownSeconds,
    },
  });
  expect(readable(alarmOf(template).Properties.AlarmActions)).toMatch(/ScaleInPolicy/);
});

it('CPU of hosts is that of their group, every minute', () => {
  const template = ofHosts({});
  const [load] = alarmOf(template).Properties.Metrics;
  expect(readable(load)).toMatch(/AutoScalingGroupName/);
  template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
    LaunchTemplateData: { Monitoring: { Enabled: true } },
  });
});
