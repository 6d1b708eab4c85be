import { CfnScalingPolicy, CfnScheduledAction } from 'aws-cdk-lib/aws-autoscaling';
import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { Balancer } from '../balancing/balancer.ts';
import { dimensions } from '../watching/alarm-parts.ts';
import { requestForecast, trackedLoad } from './request-metric.ts';
import { addScaleInAlarm, scaleInStep } from './scale-in.ts';
import type { ScalingOptions } from './scaling-options.ts';

/** Group of the hosts and what changes its size. */
export interface ScalingTarget {
  /** Reference to the Auto Scaling group, so that CloudFormation creates policies and scheduled actions after it. */
  readonly group: string;
  readonly balancer: Balancer;
  /** Seconds until a new host counts. */
  readonly warmUpSeconds: number;
}

/** Policies and scheduled actions of an Auto Scaling group. */
export interface HostScaling {
  /** Policy that adds hosts by the requests of each host, or by the processor time. Example: `hosts.scaling.targetTracking.estimatedInstanceWarmup = 90` */
  readonly targetTracking: CfnScalingPolicy;
  /** Policy that removes hosts, which `scaleInAlarm` sets off. Example: `hosts.scaling.scaleIn.cooldown = '600'` */
  readonly scaleIn: CfnScalingPolicy;
  /** Alarm when fewer hosts would be enough. Example: `hosts.scaling.scaleInAlarm.evaluationPeriods = 30` */
  readonly scaleInAlarm: CfnAlarm;
  /** Forecast; `undefined` without `predictive`. Example: `hosts.scaling.predictive?.ref` */
  readonly predictive: CfnScalingPolicy | undefined;
  /** Actions of `schedule`, in its order. Example: `hosts.scaling.schedule[0]?.ref` */
  readonly schedule: readonly CfnScheduledAction[];
}

/** Adds the policies that change the number of hosts. */
export function addScaling(
  scope: Construct,
  options: ScalingOptions,
  target: ScalingTarget,
): HostScaling {
  const { schedule = [], predictive } = options;
  const { group, warmUpSeconds, balancer } = target;
  const { listener } = balancer;
  const load = trackedLoad(options, balancer, {
    predefined: { predefinedMetricType: 'ASGAverageCPUUtilization' },
    metric: {
      ...{ namespace: 'AWS/EC2', metricName: 'CPUUtilization' },
      dimensions: dimensions({ AutoScalingGroupName: group }),
    },
  });
  const targetTracking = new CfnScalingPolicy(scope, 'TargetTracking', {
    autoScalingGroupName: group,
    policyType: 'TargetTrackingScaling',
    estimatedInstanceWarmup: warmUpSeconds,
    targetTrackingConfiguration: {
      predefinedMetricSpecification: load.predefined,
      ...{ targetValue: load.targetValue, disableScaleIn: true },
    },
  });
  // Metrics of requests per host exist once the listener sends requests to the group.
  targetTracking.node.addDependency(listener);
  // A simple policy, because a step policy of EC2 has no cooldown: the alarm sets it off every minute.
  const scaleIn = new CfnScalingPolicy(scope, 'ScaleInPolicy', {
    autoScalingGroupName: group,
    policyType: 'SimpleScaling',
    adjustmentType: 'PercentChangeInCapacity',
    scalingAdjustment: scaleInStep.percent,
    minAdjustmentMagnitude: scaleInStep.atLeast,
    cooldown: String(scaleInStep.cooldownSeconds),
  });
  const scaleInAlarm = addScaleInAlarm(scope, load, balancer, scaleIn.ref);
  const actions = schedule.map(
    ({ cron, timeZone = 'Etc/UTC', min, max }, i) =>
      new CfnScheduledAction(scope, `Schedule${i}`, {
        autoScalingGroupName: group,
        ...{ recurrence: cron, timeZone, minSize: min },
        ...(max !== undefined && { maxSize: max }),
      }),
  );
  const scaling = { targetTracking, scaleIn, scaleInAlarm, schedule: actions };
  if (predictive === undefined) return { ...scaling, predictive: undefined };
  const forecast = new CfnScalingPolicy(scope, 'Predictive', {
    autoScalingGroupName: group,
    policyType: 'PredictiveScaling',
    predictiveScalingConfiguration: requestForecast(options, balancer, warmUpSeconds),
  });
  forecast.node.addDependency(listener);
  return { ...scaling, predictive: forecast };
}
