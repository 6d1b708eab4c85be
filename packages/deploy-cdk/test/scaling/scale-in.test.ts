import { runInNewContext } from 'node:vm';

import { scaleInRule } from '@fairlead/sizing';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';

import type { ScalingOptions } from '@fairlead/deploy-cdk';

import {
  containerProps,
  containerTemplate,
  images,
  ofContainers,
} from '../support/sample-containers.ts';
import { deploymentWith } from '../support/sample-deployment.ts';
import { propsWith, templateOf } from '../support/sample-stack.ts';
import { readable } from '../support/statements.ts';

const ofHosts = (scaling: ScalingOptions) =>
  templateOf(propsWith({ hosts: { instanceType: 'm7g.large', scaling } }));
const ofTasks = (scaling: ScalingOptions) =>
  containerTemplate(containerProps({ containers: { images, min: 2, max: 40, scaling } }));

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions: readonly { readonly Name: string }[];
    };
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

/** Values of a minute; a metric that is missing is `undefined`. */
interface Minute {
  readonly count: number;
  readonly http?: number;
  readonly grpc?: number;
  readonly processor?: number;
  readonly unhealthy?: number;
  readonly grpc_unhealthy?: number;
}

/** Computes the expressions of the alarm as CloudWatch does; `NaN` stands for no value. */
function isAlarm(template: Template, { processor = 20, unhealthy = 0, ...minute }: Minute) {
  const values: Record<string, unknown> = {
    ...{ http: undefined, grpc: undefined, grpc_unhealthy: 0, ...minute, processor, unhealthy },
    IF: (condition: boolean, then: number, otherwise: number) => (condition ? then : otherwise),
    FILL: (value: number | undefined, missing: number) => value ?? missing,
    FLOOR: Math.floor,
  };
  const { Metrics, Threshold } = alarmOf(template).Properties;
  let last = NaN;
  for (const { Id, Expression } of Metrics) {
    if (Expression === undefined) continue;
    last = runInNewContext(Expression.replaceAll(' AND ', ' && '), values) as number;
    values[Id] = last;
  }
  return last > Number(Threshold);
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
    for (let count = 2; count <= 60; count++) {
      const http = (count - removedOf(count)) * scaleInRule.targetShare * 6000;
      expect(isAlarm(measured, { count, http: http - 1 })).toBe(true);
      expect(isAlarm(measured, { count, http: http + 1 })).toBe(false);
    }
  });

  it('are removed down to one without requests, of which CloudWatch may have no value', () => {
    expect(isAlarm(measured, { count: 2 })).toBe(true);
    expect(isAlarm(measured, { count: 1 })).toBe(false);
    expect(isAlarm(measured, { count: 1, http: 10 })).toBe(false);
  });

  it('stay when the metric of their requests alone is missing, while their processors work', () => {
    expect(isAlarm(measured, { count: 10, processor: 71 })).toBe(true);
    expect(isAlarm(measured, { count: 10, processor: 73 })).toBe(false);
    expect(isAlarm(measured, { count: 10, http: 0, processor: NaN })).toBe(false);
  });

  it('stay while one is unhealthy', () => {
    expect(isAlarm(measured, { count: 10, http: 0, unhealthy: 1 })).toBe(false);
  });

  it('are removed by the processor time when their rate is not known', () => {
    expect(isAlarm(unmeasured, { count: 2, processor: 26 })).toBe(true);
    expect(isAlarm(unmeasured, { count: 2, processor: 28 })).toBe(false);
    expect(isAlarm(unmeasured, { count: 2, processor: NaN })).toBe(false);
  });
});

/** Metrics of the alarm, with their dimensions. */
const metricsOf = (template: Template) =>
  alarmOf(template).Properties.Metrics.flatMap(({ Id, MetricStat }) =>
    MetricStat === undefined
      ? []
      : `${Id}: ${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName} ${MetricStat.Stat} ${MetricStat.Period} of ${MetricStat.Metric.Dimensions.map(({ Name }) => Name).join(', ')}`,
  );

const ofTargets = 'of LoadBalancer, TargetGroup';

it.each([
  [
    'hosts',
    ofHosts,
    [
      'count: AWS/AutoScaling GroupInServiceInstances Minimum 60 of AutoScalingGroupName',
      'processor: AWS/EC2 CPUUtilization Average 60 of AutoScalingGroupName',
    ],
  ],
  [
    'tasks',
    ofTasks,
    [
      'count: ECS/ContainerInsights RunningTaskCount Minimum 60 of ClusterName, ServiceName',
      'processor: AWS/ECS CPUUtilization Average 60 of ClusterName, ServiceName',
    ],
  ],
] as const)('the alarm of %s has these metrics', (_name, templateOfScaling, ofGroup) => {
  expect(metricsOf(templateOfScaling({ requestsPerSecond: 100 }))).toEqual([
    ...ofGroup,
    `unhealthy: AWS/ApplicationELB UnHealthyHostCount Maximum 60 ${ofTargets}`,
    `http: AWS/ApplicationELB RequestCount Sum 60 ${ofTargets}`,
  ]);
});

const withGrpc = { grpc: { address: '0.0.0.0:8081' } } as const;
const scaling = { requestsPerSecond: 100 };

describe.each([
  [
    'hosts',
    templateOf(
      propsWith({
        deployment: deploymentWith(withGrpc),
        hosts: { instanceType: 'm7g.large', scaling },
      }),
    ),
    'AWS::AutoScaling::ScalingPolicy',
    'TargetTrackingConfiguration',
  ],
  [
    'tasks',
    containerTemplate(
      containerProps({
        deployment: deploymentWith({ ...ofContainers, ...withGrpc }),
        containers: { images, min: 2, max: 40, scaling },
      }),
    ),
    'AWS::ApplicationAutoScaling::ScalingPolicy',
    'TargetTrackingScalingPolicyConfiguration',
  ],
] as const)('%s with gRPC', (_name, template, type, configuration) => {
  it('are removed by the requests of both', () => {
    expect(isAlarm(template, { count: 3, http: 5400, grpc: 5399 })).toBe(true);
    expect(isAlarm(template, { count: 3, http: 5400, grpc: 5401 })).toBe(false);
    expect(metricsOf(template).at(-1)).toBe(
      `grpc: AWS/ApplicationELB RequestCount Sum 60 ${ofTargets}`,
    );
  });

  it('stay while one is unhealthy for either', () => {
    expect(isAlarm(template, { count: 3, unhealthy: 1 })).toBe(false);
    expect(isAlarm(template, { count: 3, grpc_unhealthy: 1 })).toBe(false);
  });

  it('are added by the requests of both', () => {
    template.hasResourceProperties(type, {
      [configuration]: {
        ...{ TargetValue: 6000, DisableScaleIn: true },
        CustomizedMetricSpecification: {
          Metrics: [
            Match.objectLike({ Id: 'http', ReturnData: false }),
            Match.objectLike({ Id: 'grpc', ReturnData: false }),
            Match.objectLike({ Expression: 'FILL(http, 0) + FILL(grpc, 0)', ReturnData: true }),
          ],
        },
      },
    });
  });
});

it('as many hosts at most as at least are not removed, unless a schedule changes their number', () => {
  const fixed = { instanceType: 'm7g.large', min: 2, max: 2 };
  const alarms = (template: Template) =>
    Object.keys(template.findResources('AWS::CloudWatch::Alarm')).filter((id) =>
      id.includes('ScaleIn'),
    );
  expect(alarms(templateOf(propsWith({ hosts: fixed })))).toEqual([]);
  const schedule = [{ cron: '0 7 * * *', min: 4, max: 8 }];
  expect(
    alarms(templateOf(propsWith({ hosts: { ...fixed, scaling: { schedule } } }))),
  ).toHaveLength(1);
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

it('hosts have their processor time every minute', () => {
  ofHosts({}).hasResourceProperties('AWS::EC2::LaunchTemplate', {
    LaunchTemplateData: { Monitoring: { Enabled: true } },
  });
});
